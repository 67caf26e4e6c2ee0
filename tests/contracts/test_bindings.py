"""The cache of bound activations."""

from __future__ import annotations

import gc
from typing import Any

import actreg
from actreg.contracts.bindings import Bindings, config_key


def test_equal_instances_share_a_binding_and_zeros_of_either_sign_do_not() -> None:
    """Keyed by field bits: 0.0 == -0.0, yet they bind differently."""
    made: list[Any] = []
    bindings: Bindings[int] = Bindings(lambda act, extra: made.append(act) or len(made))
    plus, minus = actreg.get("leaky_relu", negative_slope=0.0), actreg.get("leaky_relu", negative_slope=-0.0)
    twin = actreg.get("leaky_relu", negative_slope=0.0)
    assert plus == minus
    assert config_key(plus) != config_key(minus)
    assert [bindings.get(act, "f4") for act in (plus, minus, twin, plus)] == [1, 2, 1, 1]


def test_a_binding_depends_on_the_extra() -> None:
    """Another dtype is another binding."""
    bindings: Bindings[tuple[Any, Any]] = Bindings(lambda act, extra: (act, extra))
    act = actreg.get("tanh")
    assert bindings.get(act, "f4")[1] == "f4"
    assert bindings.get(act, "f8")[1] == "f8"


def test_an_instance_is_not_kept_alive_by_identity() -> None:
    """An address that is used again must not find another instance's binding."""
    bindings: Bindings[float] = Bindings(lambda act, extra: act.alpha)
    for step in range(200):
        assert bindings.get(actreg.get("elu", alpha=float(step)), None) == float(step)
    gc.collect()
    assert not bindings._near
