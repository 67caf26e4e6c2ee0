"""What the environment says about plugins.

``ACTREG_PLUGINS``: the installed distributions that are let in, separated by commas or blanks; set and empty, none.
``ACTREG_DISABLE_PLUGINS``: those kept out, whatever the other says. Names are distributions', as `actreg plugin list`
shows them. ``ACTREG_STRICT=1``: a broken plugin is an error, not a note.

What comes with the package, the distribution actreg, is let in by every allow-list, and can be disabled.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final

from actreg.errors import ConfigError, FieldProblem, did_you_mean, suggest
from actreg.hookspecs import PROJECT
from actreg.registry.discovery import canonical

ALLOW: Final = "ACTREG_PLUGINS"
DISABLE: Final = "ACTREG_DISABLE_PLUGINS"
STRICT: Final = "ACTREG_STRICT"
_YES: Final = frozenset({"1", "true", "yes", "on"})
_NO: Final = frozenset({"", "0", "false", "no", "off"})


@dataclass(frozen=True)
class Policy:
    """allowed: canonical distribution names; None: all. disabled: likewise. strict: a broken plugin is an error."""

    allowed: frozenset[str] | None = None
    disabled: frozenset[str] = frozenset()
    strict: bool = False

    @classmethod
    def of(cls, environment: Mapping[str, str] = os.environ) -> Policy:
        """What the environment says; ConfigError where ACTREG_STRICT is neither yes nor no."""
        allowed = environment.get(ALLOW)
        said = environment.get(STRICT, "").strip().lower()
        if said not in _YES | _NO:
            raise ConfigError("environment", [FieldProblem(STRICT, f"set it to 1 or 0, not {said!r}")])
        return cls(
            None if allowed is None else frozenset(_names(allowed)),
            frozenset(_names(environment.get(DISABLE, ""))),
            said in _YES,
        )

    def why_blocked(self, distribution: str) -> str:
        """Why a distribution is kept out, in words; empty where it is let in."""
        name = canonical(distribution)
        if name in self.disabled:
            return f"{DISABLE} names it"
        if self.allowed is not None and name not in self.allowed and name != PROJECT:
            return f"{ALLOW} does not name it"
        return ""

    def missing(self, found: Iterable[str]) -> dict[str, str]:
        """Distributions that are let in by name and not installed, each with what to say of it."""
        known = list(found)
        there = {canonical(name) for name in (*known, PROJECT)}
        return {
            name: f"{ALLOW} names it, and no such plugin is installed{did_you_mean(suggest(name, known))}"
            for name in sorted((self.allowed or frozenset()) - there)
        }

    def idle(self, found: Iterable[str]) -> list[str]:
        """Names that are kept out and not installed, a sentence each: a misspelt one keeps nothing out."""
        known = list(found)
        there = {canonical(name) for name in known}
        return [
            f"{DISABLE} names {name}, and no such plugin is installed{did_you_mean(suggest(name, known))}"
            for name in sorted(self.disabled - there)
        ]


def _names(text: str) -> Iterable[str]:
    return (canonical(word) for word in re.split(r"[,\s]+", text) if word)
