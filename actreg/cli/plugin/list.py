"""``actreg plugin list``: every plugin, healthy, blocked or broken."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated

import typer

from actreg.cli import output
from actreg.cli.settings import Json

if TYPE_CHECKING:
    from actreg.registry.standing import Standing

_SHOWN = 8
_ONE = {"activations": "activation", "aliases": "alias", "backends": "backend", "kernels": "kernel"}


def command(
    load: Annotated[bool, typer.Option("--load", help="Also import what is only declared in metadata.")] = False,
    json: Json = False,
) -> int:
    """List every plugin: where it comes from, how it stands, what it provides, what importing it costs.

    A plugin can be blocked under the name shown: ACTREG_DISABLE_PLUGINS=NAME, or ACTREG_PLUGINS=the,ones,let,in.
    Status 1 where one is broken.
    """
    from actreg.registry.gather import gather
    from actreg.registry.policy import Policy
    from actreg.registry.standing import standings

    policy = Policy.of()
    plugins = gather(Policy(policy.allowed, policy.disabled))
    if load:
        for plugin in plugins:
            plugin.loaded()
    found = standings(plugin.now() for plugin in plugins)
    if json:
        output.as_json([standing.as_dict() for standing in found])
    else:
        _table(found)
    return 1 if any(standing.state in ("broken", "missing") for standing in found) else 0


def _table(found: Sequence[Standing]) -> None:
    head = ("distribution", "version", "state", "seconds", "provides")
    rows = [(s.distribution, s.version, s.state, _seconds(s), _provides(s)) for s in found]
    output.table(head, rows, right=(3,))
    for standing in found:
        for text in (standing.reason, *standing.remarks):
            if text:
                output.note(f"{standing.distribution} {standing.version}: {text}")


def _seconds(standing: Standing) -> str:
    return f"{standing.seconds:.3f}" if standing.seconds else "-"


def _provides(standing: Standing) -> str:
    parts = []
    for what, one in _ONE.items():
        names = getattr(standing, what)
        if names:
            parts.append(f"{len(names)} {what if len(names) > 1 else one}")
            if what in ("activations", "backends"):
                more = f", … {len(names) - _SHOWN} more" if len(names) > _SHOWN else ""
                parts[-1] += f" ({', '.join(names[:_SHOWN])}{more})"
    return "; ".join(parts) + (", declared in metadata" if standing.declared else "")
