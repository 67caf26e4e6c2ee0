"""Parameters along an axis, where several come together and one is a single number."""

from __future__ import annotations

import pytest
from pydantic import Field

import actreg
from actreg.conformance import check


class Lines(actreg.Elementwise):
    """weight·rate·x + bias: a weight and a bias for each channel, one rate for all."""

    info = actreg.Info(name="lines")
    num_parameters: int = Field(1, description="weights and biases", examples=[6])

    def parameters(self):
        return {
            "rate": actreg.Param(shape=(1,), init=actreg.Constant(0.5)),
            "weight": actreg.Param(shape=(self.num_parameters,), init=actreg.Constant(1.0), axis=-1),
            "bias": actreg.Param(shape=(self.num_parameters,), init=actreg.Constant(0.0), axis=-1),
        }

    def forward(self, xp, x, rate, weight, bias):
        return weight * rate * x + bias

    def reference(self, mp, x, rate, weight, bias):
        return weight * rate * x + bias


class Uneven(Lines):
    """The same, but with more than one channel the bias counts twice."""

    info = actreg.Info(name="uneven")

    def forward(self, xp, x, rate, weight, bias):
        return weight * rate * x + bias * (1.0 if self.num_parameters == 1 else 2.0)


@pytest.mark.parametrize(("cls", "passes"), [(Lines, True), (Uneven, False)])
def test_several_parameters_run_along_one_axis(cls, passes):
    """Each slice is compared with the activation that has that slice's parameters, all of them."""
    found = check(cls, backends=["numpy"], dtypes=["float32"], checks=["parameters along an axis"])
    assert [record.ok for record in found] == [passes]
