"""``actreg list``: what there is, and which plugins are broken."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from actreg.cli import output
from actreg.cli.settings import Json
from actreg.errors import ActregError


def command(
    kind: Annotated[str | None, typer.Option("--kind", help="Only this kind, such as elementwise.")] = None,
    backend: Annotated[str | None, typer.Option("--backend", help="Only what this backend runs.")] = None,
    json: Json = False,
) -> None:
    """List all activations; broken plugins come last, on stderr."""
    from actreg.registry import default_registry

    registry = default_registry()
    found, faults = [], []
    for name in registry.names(kind, backend):
        try:
            found.append(_entry(registry, name))
        except ActregError as error:
            faults.append({"name": name, "reason": str(error)})
    broken = [
        {"distribution": p.origin.distribution, "version": p.origin.version, "reason": p.reason}
        for p in registry.plugins()
        if p.broken
    ]
    if json:
        output.as_json({"activations": found, "unusable": faults, "broken": broken})
        return
    head = ("name", "kind", "aliases", "summary", "distribution")
    rows = [(e["name"], e["kind"], ", ".join(e["aliases"]), e["summary"], e["distribution"]) for e in found]
    output.table(head, rows)
    for fault in faults:
        output.note(f"unusable: {fault['reason']}")
    for plugin in broken:
        output.note(f"broken plugin: {plugin['distribution']} {plugin['version']}: {plugin['reason']}")


def _entry(registry: Any, name: str) -> dict[str, Any]:
    found = registry.resolve(name)
    cls = found.activation
    pinned = [a.name for p in registry.plugins() for a in p.aliases if a.target == name and ":" not in a.name]
    return {
        "name": name,
        "kind": cls.kind,
        "aliases": [*cls.info.aliases, *pinned],
        "summary": (cls.__doc__ or "").strip().partition("\n")[0],
        "distribution": str(found.origin),
    }
