"""``actreg describe``: one activation's formula, options, laws and paper."""

from __future__ import annotations

import inspect
from typing import Any

import typer

from actreg.cli.output import as_json, line
from actreg.registry import default_registry


def command(
    name: str = typer.Argument(help="An activation, by any of its names."),
    json: bool = typer.Option(False, "--json", help="Print JSON."),
) -> None:
    """Describe an activation: formula, options with their defaults, laws, paper, names."""
    facts = _facts(name)
    if json:
        as_json(facts)
        return
    line(f"{facts['name']} ({facts['kind']}, from {facts['from']})")
    line(facts["description"])
    line(f"formula: {facts['latex'] or '-'}")
    line(f"paper: {facts['paper'] or '-'}")
    line(f"names: {', '.join(facts['names'])}")
    for option in facts["options"]:
        line(f"option {option['name']} = {option['default']}: {option['description']}")
    for parameter, shape in facts["parameters"].items():
        line(f"learns {parameter}, shape {shape}")
    for law, value in facts["laws"].items():
        line(f"law {law}: {value}")


def _facts(name: str) -> dict[str, Any]:
    registry = default_registry()
    found = registry.resolve(name)
    cls, act = found.activation, _default(name)
    names = [n for n in registry.spellings() if _leads_to(n, cls)]
    options = [
        {"name": key, "default": "(required)" if f.is_required() else repr(f.default), "description": f.description}
        for key, f in cls.model_fields.items()
    ]
    return {
        "name": cls.info.name,
        "kind": cls.kind,
        "from": str(found.origin),
        "description": inspect.getdoc(cls) or "",
        "latex": cls.info.latex,
        "paper": cls.info.paper,
        "names": names,
        "carries": {**found.defaults, **found.pinned},
        "options": options,
        "parameters": {key: str(p.shape) for key, p in act.parameters().items()} if act else {},
        "laws": {key: str(value) for key, value in vars(act.laws()).items() if value} if act else {},
    }


def _default(name: str) -> Any:
    from actreg.errors import ConfigError

    try:
        return default_registry().get(name)
    except ConfigError:  # an option is required: there is no default instance to ask
        return None


def _leads_to(name: str, cls: type) -> bool:
    from actreg.errors import ActregError

    try:
        return default_registry().find(name) is cls
    except ActregError:
        return False
