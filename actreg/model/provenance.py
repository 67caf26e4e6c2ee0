"""Where a weight file's mathematics came from, and whether it is still the same here.

Requirements:

- Quotes, for every activation of a plan, its distribution, version, whole config and the digest of its reference table,
  so that a change of any of them is seen when the file is loaded.
- A new version alone is no drift where the reference table is the same; without a table, the version is all there is.
- Imports no array library: versions are read from the installed metadata.
"""

from __future__ import annotations

import json
import platform
from collections.abc import Iterable, Mapping
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from actreg.contracts.activation import Activation
from actreg.contracts.plan import Plan
from actreg.errors import BrokenPluginError, NameCollisionError, UnknownNameError
from actreg.version import __version__

if TYPE_CHECKING:
    from actreg.registry import Registry

TABLES: Final = Path(__file__).parent.parent / "conformance" / "reference"
"""Where the reference tables lie that come with the package."""


def reference_digest(name: str, folder: Path = TABLES) -> str | None:
    """The digest that an activation's reference table of its default config quotes (else all of them); None without."""
    tables = sorted((folder / name).glob("*.tsv"))
    default = [table for table in tables if table.stem == "default"]
    return " ".join(digest for table in default or tables if (digest := _digest(table))) or None


def _digest(table: Path) -> str | None:
    with table.open(encoding="utf-8") as lines:
        for line in lines:
            if not line.startswith("#"):
                break
            key, _, value = line.lstrip("# ").partition(":")
            if key == "sha256":
                return value.strip()
    return None


def activation_records(plan: Plan, registry: Registry) -> list[dict[str, Any]]:
    """One record for each activation and config of a plan: name, distribution, version, config, reference."""
    records: dict[str, dict[str, Any]] = {}
    for node in plan.nodes:
        if node.activation is not None:
            record = _record(node.activation, registry)
            records.setdefault(json.dumps(record, sort_keys=True), record)
    return list(records.values())


def _record(act: Activation, registry: Registry) -> dict[str, Any]:
    origin = next((plugin.origin for plugin in registry.plugins() if type(act) in plugin.activations), None)
    return {
        "name": act.info.name,
        "distribution": origin.distribution if origin else "",
        "version": origin.version if origin else "",
        "config": act.model_dump(mode="json"),
        "reference": reference_digest(act.info.name),
    }


def provenance(plan: Plan, registry: Registry, backend: str, **facts: Any) -> dict[str, Any]:
    """What a weight file says about its making.

    backend: the one that trained. facts: what the training knows, such as seed, data digest and held-out accuracy.
    """
    modules = registry.backend(backend).modules
    libraries = {name: found for name in ("numpy", *modules) if (found := _installed(name)) is not None}
    return {
        "actreg": __version__,
        "python": platform.python_version(),
        "machine": platform.machine(),
        "backend": backend,
        "libraries": libraries,
        "activations": activation_records(plan, registry),
        **facts,
    }


def _installed(distribution: str) -> str | None:
    try:
        return version(distribution)
    except PackageNotFoundError:
        return None


def missing(stored: Iterable[Mapping[str, Any]], registry: Registry) -> list[str]:
    """What a file's activations need that is not here, each with what to do."""
    problems: list[str] = []
    for record in stored:
        name, distribution = str(record.get("name")), str(record.get("distribution"))
        source = f"{distribution} {record.get('version') or ''}".rstrip()
        try:
            registry.find(name)
        except BrokenPluginError as error:
            problems.append(f"needs activation {name!r}: {error}")
        except NameCollisionError as error:
            problems.append(f"needs activation {name!r} of {source}: {error}")
        except UnknownNameError:
            problems.append(
                f"needs activation {name!r} of {source}, which is not installed: {_remedy(distribution, name)}"
            )
    return problems


def _remedy(distribution: str, name: str) -> str:
    if distribution in ("", "session"):
        return f"it was registered in a session: define {name!r} and actreg.register it before loading"
    if distribution == "actreg":
        return f"update actreg, this is {__version__}"
    return f"pip install {distribution}"


def drift(stored: Iterable[Mapping[str, Any]], here: Iterable[Mapping[str, Any]]) -> list[str]:
    """How the activations of a file differ from those that its spec gives here; empty where they are the same."""
    before, now = _by_name(stored), _by_name(here)
    problems: list[str] = []
    for name, records in before.items():
        for record, other in zip(records, now.get(name, ()), strict=False):
            problems.extend(f"{name}: {change}" for change in _changes(record, other))
        if len(records) != len(now.get(name, ())):
            problems.append(f"{name}: {len(records)} config(s) in the file, {len(now.get(name, ()))} here")
    problems.extend(f"{name}: the file was made without it" for name in now if name not in before)
    return problems


def _by_name(records: Iterable[Mapping[str, Any]]) -> dict[str, list[Mapping[str, Any]]]:
    found: dict[str, list[Mapping[str, Any]]] = {}
    for record in records:
        found.setdefault(str(record.get("name")), []).append(record)
    return found


def _changes(before: Mapping[str, Any], now: Mapping[str, Any]) -> list[str]:
    changes = []
    if before.get("distribution") != now["distribution"]:
        changes.append(f"from {before.get('distribution')} in the file, from {now['distribution']} here")
    if before.get("config") != now["config"]:
        changes.append(f"config {json.dumps(before.get('config'))} in the file, {json.dumps(now['config'])} here")
    if before.get("reference") != now["reference"]:
        changes.append(f"reference table {before.get('reference')} in the file, {now['reference']} here")
    elif now["reference"] is None and before.get("version") != now["version"]:
        changes.append(f"version {before.get('version')} in the file, {now['version']} here")
    return changes
