"""Where a weight file's mathematics came from, and whether it is still the same here.

Requirements:

- Quotes, for every node with an activation, its distribution, version, whole config and reference digests, and for
  every other kind of layer its options' defaults, so that a change of any of them is seen when the file is loaded.
- A new version alone is no drift where the reference is the same; without a reference, the version is all there is.
- Whatever differs is said with both sides, the nodes that it touches, and what would bring the old one back.
- Imports no array library: versions are read from the installed metadata.
"""

from __future__ import annotations

import json
import platform
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from typing import TYPE_CHECKING, Any

from actreg.contracts.activation import Activation
from actreg.contracts.plan import Plan
from actreg.errors import ActregError, BrokenPluginError, NameCollisionError, UnknownNameError
from actreg.model.digests import reference_of
from actreg.model.kinds import KINDS
from actreg.version import __version__

if TYPE_CHECKING:
    from actreg.registry import Registry

Record = Mapping[str, Any]


@dataclass(frozen=True)
class Change:
    """One thing that is not as it was. name: the activation or the kind of layer. nodes: which nodes of the network.
    source: the distribution and version that the file was made with, as pip writes it; empty where that is what is
    installed, or not known."""

    name: str
    problem: str
    nodes: tuple[str, ...]
    source: str

    def __str__(self) -> str:
        shown = ", ".join(self.nodes[:3]) + (f" and {len(self.nodes) - 3} more" if len(self.nodes) > 3 else "")
        return f"{self.name}{f' ({shown})' if shown else ''}: {self.problem}"


# What a file says.


def provenance(plan: Plan, registry: Registry, backend: str, **facts: Any) -> dict[str, Any]:
    """What a weight file says about its making.

    backend: the one that trained or drew the weights. facts: what else is known, such as seed and data digest.
    """
    modules = registry.backend(backend).modules
    libraries = {name: found for name in ("numpy", *modules) if (found := _installed(name)) is not None}
    activations = activation_records(plan, registry)
    plugins = {record["distribution"]: record["version"] for record in activations if record["distribution"]}
    plugins.update(_backend_plugin(registry, backend))
    return {
        "actreg": __version__,
        "python": platform.python_version(),
        "machine": platform.machine(),
        "backend": backend,
        "libraries": libraries,
        "plugins": dict(sorted(plugins.items())),
        "activations": activations,
        "layers": layer_defaults(plan),
        **facts,
    }


def activation_records(plan: Plan, registry: Registry) -> list[dict[str, Any]]:
    """One record for each activation and config of a plan: name, distribution, version, config, reference, nodes."""
    records: dict[str, dict[str, Any]] = {}
    for node in plan.nodes:
        if node.activation is not None:
            key = json.dumps([node.activation.info.name, node.activation.model_dump(mode="json")], sort_keys=True)
            if key not in records:
                records[key] = _record(node.activation, registry)
            records[key]["nodes"].append(node.name)
    return list(records.values())


def _record(act: Activation, registry: Registry) -> dict[str, Any]:
    origin = next((plugin.origin for plugin in registry.plugins() if plugin.has(type(act))), None)
    return {
        "name": act.info.name,
        "distribution": origin.distribution if origin else "",
        "version": origin.version if origin else "",
        "config": act.model_dump(mode="json"),
        "reference": reference_of(act),
        "nodes": [],
    }


def layer_defaults(plan: Plan) -> dict[str, dict[str, Any]]:
    """The defaults of the options of every kind of layer in a plan."""
    found = {}
    for kind in sorted({node.kind for node in plan.nodes} & set(KINDS)):
        fields = KINDS[kind].options.model_fields
        defaults = {
            name: item.get_default(call_default_factory=False)
            for name, item in fields.items()
            if not item.is_required()
        }
        found[kind] = json.loads(json.dumps(defaults, default=str))
    return found


def _backend_plugin(registry: Registry, backend: str) -> dict[str, str]:
    origin = registry.backend_origin(backend)
    return {origin.distribution: origin.version}


def _installed(distribution: str) -> str | None:
    try:
        return version(distribution)
    except PackageNotFoundError:
        return None


def is_record(record: Any) -> bool:
    """Whether a file's record of an activation has the shape that is read here."""
    if not isinstance(record, dict) or not isinstance(record.get("name"), str):
        return False
    shapes: dict[str, type] = {"nodes": list, "config": dict, "reference": dict, "distribution": str, "version": str}
    return all(isinstance(record[key], shape) for key, shape in shapes.items() if key in record)


# What is missing here.


def missing(stored: Iterable[Record], registry: Registry) -> list[str]:
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
            # A spec's own `prefer` may settle it; where it does not, reading the spec says so.
            if not _provides(registry, name, distribution):
                problems.append(f"needs activation {name!r} of {source}: {error}")
        except UnknownNameError:
            problems.append(f"needs activation {name!r} of {source}, which is not installed: {_remedy(record)}")
    return problems


def _provides(registry: Registry, name: str, distribution: str) -> bool:
    try:
        return registry.find(f"{name}@{distribution}") is not None
    except ActregError:
        return False


def _remedy(record: Record) -> str:
    distribution, name = record.get("distribution"), record.get("name")
    if distribution in ("", None, "session"):
        return f"it was registered in a session: define {name!r} and actreg.register it before loading"
    if distribution == "actreg":
        return f"update actreg, this is {__version__}"
    return f"pip install {_pinned(record)}"


def _pinned(record: Record) -> str:
    distribution, made_with = str(record.get("distribution") or ""), str(record.get("version") or "")
    if distribution in ("", "session"):
        return ""
    return f"{distribution}=={made_with}" if made_with[:1].isdigit() else distribution


# What has changed.


def drift(stored: Record, plan: Plan, registry: Registry) -> list[Change]:
    """How a file's provenance differs from what its spec gives here; empty where they are the same."""
    return [
        *_activation_drift(stored.get("activations", ()), activation_records(plan, registry)),
        *_layer_drift(stored, plan),
    ]


def _activation_drift(stored: Iterable[Record], here: Iterable[Record]) -> list[Change]:
    before, now = _by_node(stored), _by_node(here)
    groups: dict[tuple[str, str, str], list[str]] = {}
    for node in [*before, *(node for node in now if node not in before)]:
        old, new = before.get(node), now.get(node)
        record = old or new or {}
        source = _pinned(old) if old and (new is None or _pinned(old) != _pinned(new)) else ""
        for problem in _changes(old, new):
            groups.setdefault((str(record.get("name")), problem, source), []).append(node)
    return [Change(name, problem, tuple(nodes), source) for (name, problem, source), nodes in groups.items()]


def _by_node(records: Iterable[Record]) -> dict[str, Record]:
    return {str(node): record for record in records for node in record.get("nodes", ())}


def _changes(old: Record | None, new: Record | None) -> Iterator[str]:
    if old is None:
        yield "the file was made without it"
    elif new is None or old.get("name") != new["name"]:
        yield f"the same spec gives {new['name']} here" if new else "the same spec gives no such layer here"
    else:
        if old.get("distribution") != new["distribution"]:
            yield f"from {old.get('distribution') or 'a session'} in the file, from {new['distribution']} here"
        yield from _config_changes(old.get("config"), new["config"])
        yield from _reference_changes(old, new)


def _config_changes(old: Any, new: Mapping[str, Any]) -> Iterator[str]:
    old = old if isinstance(old, Mapping) else {}
    for option in [*old, *(option for option in new if option not in old)]:
        if option not in new:
            yield f"{option}, {json.dumps(old[option])} in the file, is no option here"
        elif option not in old:
            yield f"{option} is new since, {json.dumps(new[option])} here"
        elif old[option] != new[option]:
            yield f"{option} is {json.dumps(old[option])} in the file and {json.dumps(new[option])} here"


def _reference_changes(old: Record, new: Record) -> Iterator[str]:
    before, now = old.get("reference") or {}, new["reference"]
    common = [part for part in before if part in now]
    for part in common:
        if before[part] != now[part]:
            yield f"its reference ({part}) is {str(before[part])[:12]}… in the file and {now[part][:12]}… here"
    if before and not common and old.get("version") == new["version"]:
        return
    if (not before or not common) and old.get("version") != new["version"]:
        why = "it has no reference to compare" if not before else "the references cannot be compared here"
        yield f"version {old.get('version')} in the file and {new['version']} here, and {why}"


def _layer_drift(stored: Record, plan: Plan) -> Iterator[Change]:
    before = stored.get("layers")
    made_with = stored.get("actreg")
    source = f"actreg=={made_with}" if made_with and made_with != __version__ else ""
    for kind, now in layer_defaults(plan).items():
        old = before.get(kind) if isinstance(before, Mapping) else None
        if isinstance(old, Mapping):
            for option in sorted(set(old) | set(now)):
                if old.get(option) != now.get(option):
                    change = f"the default of {option} is {json.dumps(old.get(option))} in the file"
                    yield Change(kind, f"{change} and {json.dumps(now.get(option))} here", (), source)
