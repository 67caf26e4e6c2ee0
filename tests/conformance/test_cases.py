"""Which configurations are tested, and at which parameters."""

from __future__ import annotations

import math
from typing import Any, ClassVar

import numpy as np
import pytest
from pydantic import Field

import actreg
from actreg import Constant, Elementwise, Info, Laws, Param
from actreg.conformance.cases import cases_of
from actreg.conformance.compute import point_rows
from actreg.conformance.formats import FORMATS


class Tilted(Elementwise):
    """init·x below 0, x above; init is learned."""

    info: ClassVar[Info] = Info(name="tilted")
    init: float = Field(0.3, description="initial slope below 0", examples=[0.25, 0.7])

    def parameters(self) -> dict[str, Param]:
        """The slope."""
        return {"slope": Param(shape=(1,), init=Constant(self.init))}

    def forward(self, xp: Any, x: Any, slope: Any) -> Any:
        """Two lines."""
        return xp.where(x > 0, x, slope * x)

    def reference(self, mp: Any, x: Any, slope: Any) -> Any:
        """Two lines."""
        return x if x > 0 else slope * x

    def laws(self) -> Laws:
        """Those at the initial slope."""
        return Laws(
            limits=(-math.inf, math.inf),
            derivative_limits=(self.init, 1.0),
            range=(-math.inf, math.inf),
            kinks={0.0: self.init},
        )


DEFAULT, EXACT, OTHER = cases_of(Tilted)


def test_a_start_that_no_narrow_format_holds_is_tested_at_its_neighbour() -> None:
    """No configuration is left out: its parameters move to numbers that every format holds."""
    assert [case.options for case in (DEFAULT, EXACT, OTHER)] == ["default", "init=0.25", "init=0.7"]
    assert [case.moved for case in (DEFAULT, EXACT, OTHER)] == [True, False, True]
    slope = DEFAULT.parameters["slope"]
    assert abs(slope - 0.3).max() <= 1 / 128
    assert all(np.all(fmt.holds(slope)) for fmt in FORMATS.values())


def test_the_laws_of_a_moved_start_claim_no_number_that_it_changes() -> None:
    """0 and infinities stay, and the place of a kink does; as given, the laws are whole."""
    assert EXACT.laws == EXACT.act.laws()
    laws = DEFAULT.laws
    assert laws.limits == (-math.inf, math.inf)
    assert laws.derivative_limits is None
    assert list(laws.kinks) == [0.0]
    assert math.isnan(laws.kinks[0.0])


def test_a_kink_of_an_open_slope_is_judged_nowhere() -> None:
    """Its truth would be a guess; beside it everything is judged."""
    inputs = [-1.0, 0.0, 2.0]
    assert [row[1] for row in point_rows(DEFAULT, inputs)[1:]] == [(-1.0).hex(), (2.0).hex()]
    assert len(point_rows(EXACT, inputs)) == 4


@pytest.mark.parametrize("name", ["polyrelu", "xielu"])
def test_a_learned_default_is_among_the_cases(name: str) -> None:
    """Whatever number it starts from."""
    pytest.importorskip("actreg_zoo")
    assert cases_of(actreg.default_registry().find(name))[0].options == "default"
