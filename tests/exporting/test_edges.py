"""The inputs at which exported activations are judged."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import actreg
from actreg.conformance.cases import cases_of
from actreg.exporting import edges

ACTIVATIONS = [cases_of(actreg.default_registry().find(name))[0].act for name in actreg.names()]


@pytest.mark.parametrize("act", ACTIVATIONS, ids=lambda act: act.info.name)
def test_an_example_is_taken(act: Any) -> None:
    """The shape that is proposed is one on which the activation runs, with parameters that fit."""
    from actreg.exporting.single import single

    given = single(act)
    y = actreg.default_registry().backend("numpy").apply(act, np.ones(given.shape, np.float32), given.parameters)
    assert y.shape[0] == 2


def test_every_edge_meets_every_channel() -> None:
    """Elementwise: all values in every column."""
    x = edges.inputs(actreg.get("prelu", num_parameters=5), (2, 5))
    for column in x.T:
        assert {number.tobytes() for number in column} == {np.float32(v).tobytes() for v in edges.VALUES}


def test_lines_keep_ordinary_numbers() -> None:
    """Axiswise: half of the lines are finite, so that a NaN does not hide everything."""
    x = edges.inputs(actreg.get("softmax"), (2, 6))
    assert np.isfinite(x).all(axis=1).sum() >= len(x) // 2
    assert not np.isfinite(x).all()


def test_what_means_nothing_is_cut_short() -> None:
    """A feature map of 512 × 56 × 56 for relu is two of each; prelu's channels stay, softmax's line stays."""
    assert edges.shortened(actreg.get("relu"), (8, 512, 56, 56)) == (2, 2, 2, 2)
    assert edges.shortened(actreg.get("prelu", num_parameters=512), (8, 512, 56, 56)) == (2, 512, 2, 2)
    assert edges.shortened(actreg.get("softmax"), (8, 512, 56, 56)) == (2, 2, 2, 56)
