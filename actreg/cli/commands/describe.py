"""``actreg describe NAME``: one activation's formula, options, laws, paper and names."""

from __future__ import annotations

import inspect
from typing import Annotated, Any

import typer

from actreg.cli import output
from actreg.cli.settings import Json
from actreg.errors import ActregError


def command(name: Annotated[str, typer.Argument(help="Name or alias.")], json: Json = False) -> None:
    """Describe one activation."""
    from actreg.registry import default_registry

    facts = _facts(default_registry(), name)
    if json:
        output.as_json(facts)
        return
    output.line(f"{facts['name']}  ({facts['kind']}, {facts['distribution']})")
    output.line()
    output.line(facts["description"])
    if facts["formula"]:
        output.line(f"\nformula: {facts['formula']}")
    if facts["paper"]:
        output.line(f"paper: {facts['paper']}")
    if facts["aliases"]:
        output.line(f"aliases: {', '.join(facts['aliases'])}")
    _section(
        "options",
        ("option", "default", "meaning"),
        [(o["name"], o["default"], o["description"]) for o in facts["options"]],
    )
    _section("laws, with these defaults", ("law", "value"), [(law, str(v)) for law, v in facts["laws"].items()])
    _section(
        "elsewhere",
        ("name", "with", "why"),
        [
            (o["name"], ", ".join(f"{k}={v}" for k, v in o["parameters"].items()), o["reason"])
            for o in facts["elsewhere"]
        ],
    )
    _section("options as others spell them", ("theirs", "ours"), list(facts["foreign"].items()))


def _section(title: str, head: tuple[str, ...], rows: list[tuple[str, ...]]) -> None:
    if rows:
        output.line(f"\n{title}:")
        output.table(head, rows)


def _facts(registry: Any, name: str) -> dict[str, Any]:
    found = registry.resolve(name)
    cls = found.activation
    info = cls.info
    aliases = [a for p in registry.plugins() for a in p.aliases if a.target == info.name]
    return {
        "name": info.name,
        "kind": cls.kind,
        "distribution": str(found.origin),
        "description": inspect.getdoc(cls) or "",
        "formula": info.latex,
        "paper": info.paper,
        "aliases": [*info.aliases, *(a.name for a in aliases if ":" not in a.name)],
        "options": [
            {
                "name": option,
                "default": "(required)" if field.is_required() else repr(field.get_default(call_default_factory=True)),
                "description": field.description or "",
            }
            for option, field in cls.model_fields.items()
        ],
        "laws": _laws(cls),
        "elsewhere": [
            {"name": a.name, "parameters": dict(a.parameters), "reason": a.reason} for a in aliases if ":" in a.name
        ],
        "foreign": dict(info.foreign),
    }


def _laws(cls: Any) -> dict[str, Any]:
    try:
        laws = vars(cls().laws())
    except ActregError:  # an option without a default
        return {}
    plain = {law: dict(v) if hasattr(v, "items") else v for law, v in laws.items()}
    return {law: str(v) for law, v in plain.items() if v not in (None, False, {})}
