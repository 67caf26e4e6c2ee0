"""Static claims: what a distribution declares in its metadata, so that nothing is imported to know its names.

Requirements:

- Listing and collisions read metadata; the object itself is imported when it is first asked for, and only that one.
- What goes wrong then is the plugin's failure: it is kept, and every request says which distribution failed and why.
- A claim that the object does not bear out (another name, another kind of thing) is such a failure.

The entry-point groups are ``actreg.activations`` (canonical name → class), ``actreg.aliases`` (alias → `Alias`, or the
class whose ``info.aliases`` has it), ``actreg.backends`` (name → class) and ``actreg.kernels`` (``backend.activation``,
with a further ``.word`` where there are several → `Kernel`).
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Final

from actreg.contracts.activation import Activation
from actreg.contracts.info import Alias
from actreg.contracts.names import normalise
from actreg.errors import BrokenPluginError
from actreg.hookspecs import PROJECT
from actreg.registry import api
from actreg.registry.faults import said
from actreg.registry.guard import watched
from actreg.registry.legal import WRONG, Declares
from actreg.registry.sources import Origin

GROUPS: Final[dict[str, Declares]] = {
    f"{PROJECT}.activations": "activations",
    f"{PROJECT}.aliases": "aliases",
    f"{PROJECT}.backends": "backends",
    f"{PROJECT}.kernels": "kernels",
}
"""Entry-point groups, and what their entries declare."""

_LOCK = threading.RLock()


@dataclass
class _Memo:
    loaded: bool = False
    thing: Any = None
    reason: str = ""
    seconds: float = 0.0
    remarks: tuple[str, ...] = ()


@dataclass(frozen=True)
class StaticClaim:
    """One entry of a static group. origin.module is where its object is, ``package.module:Name``."""

    declares: Declares
    name: str
    origin: Origin
    get: Callable[[], Any] = field(compare=False, repr=False)
    _memo: _Memo = field(default_factory=_Memo, compare=False, repr=False)

    def load(self) -> Any:
        """The object itself, imported at the first call. Raises BrokenPluginError."""
        memo = self._memo
        if not memo.loaded:
            with _LOCK:
                if not memo.loaded:
                    self._fill()
                    memo.loaded = True
        if memo.reason:
            raise BrokenPluginError(self.origin.distribution, self.origin.version, memo.reason, asked=self.name)
        return memo.thing

    def _fill(self) -> None:
        memo = self._memo
        with watched() as impact:
            try:
                memo.thing = self.get()
                memo.reason = api.why_not(memo.thing, self.origin) or self._untrue(memo.thing)
            except KeyboardInterrupt:
                raise
            except BaseException as error:
                memo.reason = said(error)
        memo.seconds, memo.remarks = impact.seconds, impact.remarks

    @property
    def reason(self) -> str:
        """Why it failed; empty before it is loaded, and where it did not."""
        return self._memo.reason

    @property
    def seconds(self) -> float:
        """What importing it took; 0 before it is loaded."""
        return self._memo.seconds

    @property
    def remarks(self) -> tuple[str, ...]:
        """What importing it did to its host; empty before it is loaded."""
        return self._memo.remarks

    @property
    def loaded(self) -> bool:
        """Whether it was imported."""
        return self._memo.loaded

    def points_at(self, thing: Any) -> bool:
        """Whether its entry names this class."""
        return self.origin.module == f"{thing.__module__}:{thing.__qualname__}"

    def _untrue(self, thing: Any) -> str:
        """How the object contradicts its claim, in words."""
        where = f"{self.declares.removesuffix('s')} {self.name!r} in its metadata ({self.origin.module})"
        if self.declares == "aliases" and isinstance(thing, type) and issubclass(thing, Activation):
            known = {normalise(alias) for alias in thing.info.aliases}
            return "" if normalise(self.name) in known else f"{where} is no alias of {thing.info.name}"
        if wrong := WRONG[self.declares](thing):
            return f"{where} is {wrong}"
        actual = _name_of(thing)
        claimed = self.name
        if self.declares == "kernels":
            claimed = ".".join(self.name.split(".")[:2])
        return "" if normalise(claimed) == normalise(actual) else f"{where} is really {actual!r}"


def _name_of(thing: Any) -> str:
    if isinstance(thing, type) and issubclass(thing, Activation):
        return thing.info.name
    if isinstance(thing, Alias):
        return thing.name
    return f"{thing.backend}.{thing.activation}" if hasattr(thing, "bind") else str(thing.name)
