"""``actreg list``: what there is."""

from __future__ import annotations

from typing import Any

import typer

from actreg.cli.output import as_json, line, table, warn
from actreg.registry import Registry, default_registry


def command(
    kind: str | None = typer.Option(None, help="Only this kind: elementwise, axiswise, gated, expanding, projection."),
    backend: str | None = typer.Option(None, help="Only what this backend runs."),
    json: bool = typer.Option(False, "--json", help="Print JSON."),
) -> None:
    """List activations, backends, and plugins that failed."""
    registry = default_registry()
    found = [_facts(registry, name) for name in registry.names(kind, backend)]
    broken = [
        {"distribution": p.origin.distribution, "version": p.origin.version, "reason": p.reason}
        for p in registry.plugins()
        if p.broken
    ]
    if json:
        as_json({"activations": found, "backends": registry.backend_names(), "broken": broken})
        return
    rows = [[f["name"], f["kind"], ", ".join(f["aliases"]) or "-", f["from"], f["summary"]] for f in found]
    table(["name", "kind", "aliases", "from", "summary"], rows)
    line(f"backends: {', '.join(registry.backend_names())}")
    for plugin in broken:
        warn(f"broken plugin {plugin['distribution']} {plugin['version']}: {' '.join(plugin['reason'].split())}")


def _facts(registry: Registry, name: str) -> dict[str, Any]:
    claims = [c for c in registry.claims(name) if c.activation is not None]
    cls = claims[0].activation
    assert cls is not None
    return {
        "name": name,
        "kind": cls.kind,
        "aliases": list(cls.info.aliases),
        "from": " and ".join(str(claim.origin) for claim in claims),
        "summary": (cls.__doc__ or "").strip().partition("\n")[0],
    }
