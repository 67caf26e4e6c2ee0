"""The contract of an activation: what a definition must have, and what an instance offers."""

from __future__ import annotations

from typing import Any, ClassVar

import numpy as np
import pytest
from pydantic import Field, PrivateAttr

import actreg
from actreg import Elementwise, Info


def test_a_class_needs_an_info_of_its_own() -> None:
    """An inherited info would register a second class under the first one's name."""
    with pytest.raises(actreg.DefinitionError, match="info of its own"):

        class Child(actreg.default_registry().find("elu")):  # type: ignore[misc]
            pass


def test_a_class_needs_an_info_at_all() -> None:
    """The kinds are abstract; everything else has a name."""
    with pytest.raises(actreg.DefinitionError, match="info"):

        class Nameless(Elementwise):
            def forward(self, xp: Any, x: Any) -> Any:
                return x


def test_an_undescribed_field_is_refused() -> None:
    """Every option is explained to its users."""
    with pytest.raises(actreg.DefinitionError, match=r"slope: describe the field"):

        class Undescribed(Elementwise):
            info: ClassVar[Info] = Info(name="undescribed")
            slope: float = 0.1


@pytest.mark.parametrize("name", ["forward", "copy", "laws"])
def test_a_field_cannot_have_the_name_of_a_method(name: str) -> None:
    """pydantic only warns, and the method is gone."""
    with pytest.raises((actreg.DefinitionError, NameError, UserWarning), match=name):
        type("Shadow", (Elementwise,), {
            "info": Info(name="shadow"),
            "__annotations__": {name: float, "info": ClassVar[Info]},
            "__module__": __name__,
            name: Field(1.0, description="d"),
        })  # fmt: skip


def test_a_private_attribute_is_refused() -> None:
    """It would break equality and pickling."""
    with pytest.raises(actreg.DefinitionError, match="private attributes"):

        class Caching(Elementwise):
            info: ClassVar[Info] = Info(name="caching")
            _cache: int = PrivateAttr(0)


@pytest.mark.parametrize("name", ["ReLU", "my-act", "2relu", "", "a__b", "relu_"])
def test_a_canonical_name_is_lower_case_with_underscores(name: str) -> None:
    """Names are legal where they are defined."""
    with pytest.raises(actreg.DefinitionError, match="canonical"):
        Info(name=name)


def test_an_axiswise_activation_without_pullback_is_refused() -> None:
    """Dual numbers can't replace it."""
    with pytest.raises(actreg.DefinitionError, match=r"axiswise activations define pullback"):

        class Half(actreg.Axiswise):
            info: ClassVar[Info] = Info(name="half")

            def forward(self, xp: Any, x: Any) -> Any:
                return x


def test_a_derivative_of_the_wrong_shape_is_refused() -> None:
    """derivative(self, x) would be called with a namespace for an array."""
    with pytest.raises(actreg.DefinitionError, match=r"derivative\(self, xp, x"):

        class Odd(Elementwise):
            info: ClassVar[Info] = Info(name="odd")

            def forward(self, xp: Any, x: Any) -> Any:
                return x

            def derivative(self, x: Any) -> Any:
                return x


def test_derivative_has_two_readings() -> None:
    """An author defines it over a namespace; a user calls it with an array."""
    x = np.array([-1.0, 2.0])
    act = actreg.get("relu")
    assert act.derivative(x).tolist() == [0.0, 1.0]
    assert act.derivative_formula is not None


def test_an_axiswise_activation_has_no_elementwise_derivative() -> None:
    """The error says what to use."""
    with pytest.raises(actreg.CapabilityError, match=r"use vjp\(x\)"):
        actreg.get("softmax").derivative(np.zeros(3))


@pytest.mark.parametrize("value", [0, -1, 1.5])
def test_a_parameters_sizes_are_positive_integers(value: Any) -> None:
    """Sharded training refuses 0-d parameters, so they can't be declared."""
    with pytest.raises(ValueError, match="positive integers"):
        actreg.Param(shape=(value,), init=actreg.Constant(0.0))
    with pytest.raises(ValueError, match="never 0-d"):
        actreg.Param(shape=(), init=actreg.Constant(0.0))


def test_a_kernel_names_a_canonical_activation() -> None:
    """A typo would never bind."""
    with pytest.raises(actreg.DefinitionError, match="canonically"):
        actreg.Kernel(activation="ReLU", backend="numpy", bind=lambda *_: None, provider="test")
