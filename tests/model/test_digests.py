"""Digests of mathematics: the same for the same, another for another, whoever wrote it."""

from __future__ import annotations

import builtins
from typing import Any, ClassVar

import pytest

import actreg
from actreg.contracts.info import Info
from actreg.contracts.kinds import Elementwise
from actreg.model.digests import points_digest, reference_of


def bent(slope: float, *, name: str = "bent", fails: bool = False) -> Any:
    """An activation of somebody else's."""

    class Bent(Elementwise):
        info: ClassVar[Info] = Info(name=name)

        def forward(self, xp: Any, x: Any) -> Any:
            return xp.where(x > 0, x, slope * x)

        def reference(self, mp: Any, x: Any) -> Any:
            if fails:
                raise ZeroDivisionError
            return x if x > 0 else mp.mpf(slope) * x

    return Bent()


class Unjudged(Elementwise):
    """Without a reference."""

    info: ClassVar[Info] = Info(name="unjudged")

    def forward(self, xp: Any, x: Any) -> Any:
        """The identity."""
        return x


def test_a_built_in_quotes_its_tables() -> None:
    """That of its defaults, and that of its config where there is one; nothing is computed."""
    plain = reference_of(actreg.get("leaky_relu"))
    assert set(plain) == {"table default"}
    other = reference_of(actreg.get("leaky_relu", negative_slope=0.1))
    assert set(other) == {"table default", "table negative_slope=0.1"}
    assert other["table default"] == plain["table default"]
    assert set(reference_of(actreg.get("leaky_relu", negative_slope=0.123))) == {"table default"}


@pytest.mark.parametrize("name", actreg.names())
def test_every_activation_has_a_reference(name: str) -> None:
    """So that drift is seen, whatever the version says."""
    fields = actreg.default_registry().find(name).model_fields
    required = {option: "first" for option in fields if fields[option].is_required()}
    assert reference_of(actreg.get({name: required}))


def test_somebody_elses_is_identified_by_what_its_reference_gives() -> None:
    """The same again, whatever the class; another slope is another digest, however small the difference."""
    assert reference_of(bent(0.1)) == reference_of(bent(0.1))
    assert set(reference_of(bent(0.1))) == {"points"}
    assert reference_of(bent(0.1)) != reference_of(bent(0.1 + 1e-16))


def test_a_plugin_does_not_borrow_a_built_ins_table() -> None:
    """Its own reference identifies what claims a built-in name."""
    assert set(reference_of(bent(0.1, name="leaky_relu"))) == {"points"}


@pytest.mark.parametrize("name", ["prelu", "softmax", "maxout", "maxout_pool", "silu"])
def test_points_cover_every_kind(name: str) -> None:
    """Learnable, along an axis, expanding and projecting ones are evaluated, and depend on their config."""
    act = actreg.get(name)
    digest = points_digest(act)
    assert digest == points_digest(actreg.get(name))
    failing = points_digest(bent(0.1, fails=True))
    assert digest != failing


def test_failing_code_is_a_fact_and_no_reference_is_none() -> None:
    """Neither raises."""
    assert points_digest(bent(0.1, fails=True)) is not None
    assert reference_of(Unjudged()) == {}


def test_without_mpmath_there_is_no_digest(monkeypatch: pytest.MonkeyPatch) -> None:
    """For somebody else's; a built-in quotes its table all the same."""
    real = builtins.__import__

    def refusing(name: str, *rest: Any, **more: Any) -> Any:
        if name == "mpmath":
            raise ModuleNotFoundError("No module named 'mpmath'", name="mpmath")
        return real(name, *rest, **more)

    monkeypatch.setattr(builtins, "__import__", refusing)
    assert reference_of(bent(0.1)) == {}
    assert reference_of(actreg.get("relu"))
