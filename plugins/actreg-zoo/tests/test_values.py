"""Values that follow from each definition by hand, or to sixteen digits from a table of the functions in it."""

import math
from pathlib import Path

import actreg_zoo
import numpy as np
import pytest

import actreg

E, LN2, TANH1 = math.e, math.log(2.0), math.tanh(1.0)
SIG1 = E / (1.0 + E)
ERF_LN2, ERF_HALF = 0.6730562127213863, 0.5204998778130465
PHI1 = 0.8413447460685429
R2, R3 = math.sqrt(2.0), math.sqrt(3.0)

VALUES = [
    ("aria2", {"alpha": 2.0, "beta": 1.0}, {}, [(0.0, 0.0), (1.0, SIG1**2), (-1.0, -((1 - SIG1) ** 2))]),
    ("aria2", {"alpha": 1.0, "beta": 1.0}, {}, [(1.0, SIG1), (-1.0, SIG1 - 1)]),
    ("bsilu", {"alpha": 2.0}, {}, [(0.0, 0.0), (1.0, 3 * SIG1 - 1), (-2.0, -1.0)]),
    ("derf", {}, {}, [(0.0, 0.0), (1.0, ERF_HALF), (-1.0, -ERF_HALF)]),
    ("derf", {"shift_init": 0.5}, {"weight": 2.0, "bias": 3.0}, [(-1.0, 3.0), (0.0, 3 + 2 * ERF_HALF)]),
    ("dyt", {}, {}, [(0.0, 0.0), (2.0, TANH1), (-2.0, -TANH1)]),
    ("dyt", {"init": 2.0}, {"weight": 3.0, "bias": 1.0}, [(0.0, 1.0), (0.5, 1 + 3 * TANH1)]),
    ("elish", {}, {}, [(0.0, 0.0), (1.0, SIG1), (-LN2, -1 / 6), (math.log(math.sqrt(2) - 1), 2 * math.sqrt(2) - 3)]),
    ("flatten_t_swish", {}, {}, [(-1.0, -0.2), (0.0, -0.2), (1.0, SIG1 - 0.2)]),
    ("gcu", {}, {}, [(0.0, 0.0), (math.pi, -math.pi), (math.pi / 3, math.pi / 6)]),
    ("gish", {}, {}, [(0.0, 0.0), (1.0, math.log(2 - math.exp(-E))), (-1.0, -math.log(2 - math.exp(-1 / E)))]),
    ("golu", {}, {}, [(0.0, 0.0), (1.0, math.exp(-1 / E)), (-1.0, -math.exp(-E))]),
    ("lisht", {}, {}, [(0.0, 0.0), (1.0, TANH1), (-1.0, TANH1)]),
    ("logish", {}, {}, [(0.0, 0.0), (1.0, math.log(1 + SIG1)), (LN2, LN2 * math.log(5 / 3))]),
    ("pflu", {}, {}, [(0.0, 0.0), (0.75, 0.6), (-0.75, -0.15), (4 / 3, 1.2)]),
    ("phish", {}, {}, [(0.0, 0.0), (1.0, math.tanh(PHI1)), (-1.0, math.tanh(1 - PHI1)), (20.0, 20.0)]),
    ("polyrelu", {}, {}, [(-1.0, 0.0), (1.0, 1.0), (2.0, 14 / 3)]),
    ("polyrelu", {}, {"a0": 1.0, "a1": 2.0, "a2": 3.0, "a3": 4.0}, [(-5.0, 1.0), (1.0, 10.0), (2.0, 49.0)]),
    ("serf", {}, {}, [(0.0, 0.0), (math.log(math.expm1(0.5)), math.log(math.expm1(0.5)) * ERF_HALF)]),
    ("sinlu", {}, {}, [(0.0, 0.0), (math.pi, math.pi / (1 + math.exp(-math.pi)))]),
    ("sinlu", {}, {"a": 2.0, "b": 3.0}, [(math.pi / 2, (math.pi / 2 - 2) / (1 + math.exp(-math.pi / 2)))]),
    ("smish", {}, {}, [(0.0, 0.0), (LN2, LN2 * 8 / 17), (-LN2, -LN2 * 7 / 25)]),
    ("snake", {}, {}, [(0.0, 0.0), (math.pi / 2, math.pi / 2 + 1), (-math.pi / 2, 1 - math.pi / 2)]),
    ("snake", {}, {"alpha": 2.0}, [(math.pi / 4, math.pi / 4 + 0.5), (math.pi, math.pi)]),
    ("squareplus", {}, {}, [(0.0, 1.0), (1.5, 2.0), (-1.5, 0.5)]),
    ("squareplus", {"b": 9.0}, {}, [(4.0, 4.5), (-4.0, 0.5)]),
    ("swish_t", {}, {}, [(0.0, 0.0), (1.0, SIG1 + 0.1 * TANH1)]),
    ("swish_t", {"alpha": 1.0}, {"beta": 2.0}, [(0.5, 0.5 * SIG1 + math.tanh(0.5))]),
    ("telu", {}, {}, [(0.0, 0.0), (LN2, LN2 * math.tanh(2.0)), (-LN2, -LN2 * math.tanh(0.5))]),
    ("tanhexp", {}, {}, [(1.0, math.tanh(E))]),
    ("xatlu", {}, {}, [(0.0, 0.0), (1.0, 0.75), (-1.0, -0.25), (R3, R3 * 5 / 6), (-R3, -R3 / 6), (-1e9, -1 / math.pi)]),
    ("xatlu", {}, {"alpha": 0.5}, [(1.0, 1.0), (-1.0, 0.0), (1 / R3, 5 / 6 / R3)]),
    ("xgelu", {}, {}, [(0.0, 0.0), (1.0, PHI1), (-1.0, PHI1 - 1)]),
    ("xgelu", {}, {"alpha": 0.5}, [(1.0, 2 * PHI1 - 0.5), (-1.0, -(2 * (1 - PHI1) - 0.5))]),
    ("xielu", {}, {}, [(0.0, 0.0), (1.0, 1.3), (2.0, 4.2), (-1.0, 0.8 / E - 0.5)]),
    ("xielu", {"trainable": False, "beta": 0.25}, {}, [(1.0, 1.05), (-1.0, 0.8 / E - 0.25)]),
    ("xsilu", {}, {}, [(0.0, 0.0), (1.0, SIG1), (-1.0, SIG1 - 1)]),
    ("xsilu", {}, {"alpha": 0.5}, [(1.0, 2 * SIG1 - 0.5), (-1.0, -(2 * (1 - SIG1) - 0.5))]),
]
LINES = [
    ("polynorm", {"eps": 1e-300}, {}, [([2.0, 2.0], [1.0, 1.0]), ([3.0, -3.0], [1.0, -1 / 3]), ([-1e99], [-1 / 3])]),
    ("polynorm", {"eps": 3.0}, {"weight": [0.0, 3.0, 4.0], "bias": [5.0]}, [([1.0, -1.0], [8.5, 4.5])]),
    ("polynorm", {}, {}, [([0.0, 0.0], [0.0, 0.0]), ([math.inf, 7.0], [R2, 0.0]), ([-math.inf, 0.0], [-R2 / 3, 0.0])]),
    ("xatglu", {"gate": "first"}, {}, [([1.0, 3.0], [2.25]), ([-math.inf, 1.0], [-1 / math.pi]), ([0.0, 1.0], [0.0])]),
    ("xatglu", {"gate": "second"}, {"alpha": [0.5]}, [([2.0, 4.0, -1.0, 1.0], [-0.0, 4.0])]),
    ("xgeglu", {"gate": "first"}, {}, [([1.0, 3.0], [3 * PHI1]), ([-1.0, 3.0], [3 * PHI1 - 3])]),
    ("xgeglu", {"gate": "interleaved"}, {"alpha": [0.5]}, [([1.0, 3.0, 0.0, 9.0], [6 * PHI1 - 1.5, 0.0])]),
    ("xswiglu", {"gate": "first"}, {}, [([1.0, 3.0], [3 * SIG1]), ([-math.inf, math.inf], [-0.0])]),
    ("xswiglu", {"gate": "second"}, {"alpha": [0.5]}, [([5.0, 3.0, 0.0, 1.0], [0.0, 6 * SIG1 - 1.5])]),
]
POINTS = [cls for cls in actreg_zoo.ACTIVATIONS if cls.kind == "elementwise"]


def parameters_of(act, given):
    """The initial parameters in float64, with those that are given in their place."""
    starts = {name: np.full(param.sized(1), param.init.value) for name, param in act.parameters().items()}
    return {**starts, **{name: np.reshape(value, starts[name].shape) for name, value in given.items()}}


@pytest.mark.parametrize(("name", "config", "given", "points"), VALUES)
def test_known_values(name, config, given, points):
    """The value of each definition at points where it can be told by hand."""
    act = actreg.get(name, **config)
    x, y = np.array(points).T
    np.testing.assert_allclose(act(x, **parameters_of(act, given)), y, rtol=4e-16, atol=2e-16)


@pytest.mark.parametrize(("name", "config", "given", "lines"), LINES)
def test_known_lines(name, config, given, lines):
    """Likewise of what works along an axis."""
    act = actreg.get(name, **config)
    for line, y in lines:
        found = act(np.array([line]), **parameters_of(act, given))[0]
        np.testing.assert_allclose(found, y, rtol=4e-16, atol=2e-16)
        assert np.array_equal(np.signbit(found), np.signbit(y))


def test_every_activation_has_known_values():
    """Nothing is left out above."""
    found = {actreg.get(name, **config).info.name for name, config, *_ in [*VALUES, *LINES]}
    assert found == {cls.info.name for cls in actreg_zoo.ACTIVATIONS}


@pytest.mark.parametrize("cls", POINTS, ids=lambda cls: cls.info.name)
def test_every_parameter_has_the_gradient_that_a_difference_gives(cls):
    """dy/dp is what two values at p ± 2^-17 say, at the defaults; the suite tries a neighbour of every start."""
    act = cls()
    x, start = np.linspace(-5.0, 4.0, 61), parameters_of(act, {})
    for name in start:
        up, down = ({**start, name: start[name] + step} for step in (2.0**-17, -(2.0**-17)))
        expected = (act(x, **up) - act(x, **down)) * 2.0**16
        got = [float(act.vjp(x[[k]], **start)[1](np.ones(1))[name][0]) for k in range(len(x))]
        np.testing.assert_allclose(got, expected, rtol=2e-7, atol=2e-9)


def an(cls):
    """An instance, of a gated unit one that is gated by the first half."""
    return cls(gate="first") if cls.kind == "gated" else cls()


def test_layers_own_their_parameters():
    """What is learned, and where it starts."""
    learned = {cls.info.name: sorted(found) for cls in actreg_zoo.ACTIVATIONS if (found := an(cls).parameters())}
    assert learned == {
        "derf": ["alpha", "bias", "shift", "weight"],
        "dyt": ["alpha", "bias", "weight"],
        "polynorm": ["bias", "weight"],
        "polyrelu": ["a0", "a1", "a2", "a3"],
        "sinlu": ["a", "b"],
        "snake": ["alpha"],
        "swish_t": ["beta"],
        "xatglu": ["alpha"],
        "xatlu": ["alpha"],
        "xgeglu": ["alpha"],
        "xgelu": ["alpha"],
        "xielu": ["alpha_n", "alpha_p"],
        "xsilu": ["alpha"],
        "xswiglu": ["alpha"],
    }
    layer = actreg.layer("dyt", num_parameters=3)
    assert {name: array.tolist() for name, array in layer.parameters.items()} == {
        "alpha": [0.5],
        "weight": [1.0, 1.0, 1.0],
        "bias": [0.0, 0.0, 0.0],
    }


def test_channels_have_a_frequency_each():
    """Snake with one alpha a channel acts on each channel with its own."""
    act = actreg.get("snake", num_parameters=2)
    x = np.full((1, 2, 1), math.pi / 2)
    y = act(x, alpha=np.array([1.0, 2.0])).ravel()
    np.testing.assert_allclose(y, [math.pi / 2 + 1, math.pi / 2], rtol=4e-16)


def test_bad_options_are_refused():
    """An n_init that is not above beta is an error that says so, a negative b one that names it."""
    with pytest.raises(actreg.ConfigError, match="n_init must be larger than beta"):
        actreg.get("xielu", n_init=0.25)
    with pytest.raises(actreg.ConfigError, match="b"):
        actreg.get("squareplus", b=-1.0)


def test_the_readme_lists_everything():
    """One row for each activation, with what is learned; each other name is mentioned."""
    text = (Path(__file__).parents[1] / "README.md").read_text(encoding="utf-8")
    rows = {line.split("`")[1]: line.split("|") for line in text.splitlines() if line.startswith("| `")}
    assert list(rows) == sorted(cls.info.name for cls in actreg_zoo.ACTIVATIONS)
    for cls in actreg_zoo.ACTIVATIONS:
        assert sorted(an(cls).parameters()) == sorted(rows[cls.info.name][3].split("`")[1::2])
        assert all(f"`{alias}`" in text for alias in cls.info.aliases)
