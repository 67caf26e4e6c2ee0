"""``actreg list``: what there is, and which plugins are broken."""

from __future__ import annotations

from typing import Annotated

import typer

from actreg.cli import output
from actreg.cli.settings import Json


def command(
    kind: Annotated[str | None, typer.Option("--kind", help="Only this kind, such as elementwise.")] = None,
    backend: Annotated[str | None, typer.Option("--backend", help="Only what this backend runs.")] = None,
    json: Json = False,
) -> None:
    """List all activations; broken plugins come last, on stderr.

    What a plugin declares in its metadata is listed without being imported, so without its kind.
    """
    from actreg.registry import default_registry
    from actreg.registry.listing import contested, entries

    registry = default_registry()
    found = entries(registry, registry.names(kind, backend))
    if kind is None and backend is None:
        found += contested(registry)
    broken = [
        {"distribution": p.origin.distribution, "version": p.origin.version, "reason": p.reason}
        for p in registry.plugins()
        if p.broken
    ]
    usable = [entry for entry in found if not entry.problem]
    if json:
        unusable = [entry.as_dict() for entry in found if entry.problem]
        output.as_json({"activations": [e.as_dict() for e in usable], "unusable": unusable, "broken": broken})
        return
    head = ("name", "kind", "aliases", "summary", "distribution")
    output.table(head, [(e.name, e.kind, ", ".join(e.aliases), e.summary, e.distribution) for e in usable])
    for entry in found:
        if entry.problem:
            output.note(f"unusable: {entry.name} of {entry.distribution}: {entry.problem}")
    for plugin in broken:
        output.note(f"broken plugin: {plugin['distribution']} {plugin['version']}: {plugin['reason']}")
