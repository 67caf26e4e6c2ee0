"""``actreg plugin list``: every plugin, healthy, blocked or broken."""

from __future__ import annotations

import sys
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
    load: Annotated[bool, typer.Option(help="Import also what is only declared in metadata.")] = True,
    json: Json = False,
) -> int:
    """List every plugin: where it comes from, how it stands, what it provides, what importing it costs.

    A plugin can be blocked under the name shown: ACTREG_DISABLE_PLUGINS=NAME, or ACTREG_PLUGINS=the,ones,let,in.
    Status 1 where one is broken. With --no-load the state of what is only declared is not known.
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
    for text in policy.idle(plugin.origin.distribution for plugin in plugins):
        output.note(text)
    if json:
        output.as_json([standing.as_dict() for standing in found])
    else:
        _table(found)
    return 1 if any(standing.state in ("broken", "missing") for standing in found) else 0


def _table(found: Sequence[Standing]) -> None:
    head = ("distribution", "version", "state", "seconds", "what it provides, or why it does not")
    rows = [(s.distribution, s.version, s.state, _seconds(s), _provides(s)) for s in found]
    output.table(head, rows, right=(3,), fit=True)
    for standing in found:
        # A terminal cuts the lines above.
        for text in (standing.reason if sys.stdout.isatty() else "", *standing.remarks):
            if text:
                output.note(f"{standing.distribution} {standing.version}: {text}")


def counted(what: str, number: int) -> str:
    """So many activations, aliases, backends or kernels."""
    return f"{number} {_ONE[what] if number == 1 else what}"


def _seconds(standing: Standing) -> str:
    return f"{standing.seconds:.3f}" if standing.seconds else "-"


def _provides(standing: Standing) -> str:
    parts = [standing.reason] if standing.reason else []
    for what in _ONE:
        names = getattr(standing, what)
        if names:
            parts.append(counted(what, len(names)))
            if what != "aliases":
                more = f", … {len(names) - _SHOWN} more" if len(names) > _SHOWN else ""
                parts[-1] += f" ({', '.join(names[:_SHOWN])}{more})"
    return "; ".join(parts) + (", declared in metadata" if standing.declared else "")
