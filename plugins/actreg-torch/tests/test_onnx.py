"""ONNX from torch: the namespace's accuracy, constants, every registered activation in one file, models of others."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Any

import mpmath
import numpy as np
import pytest
import torch
from torch import nn

import actreg

onnx = pytest.importorskip("onnx")
pytest.importorskip("onnxscript")
onnxruntime = pytest.importorskip("onnxruntime")

from actreg_torch.onnx_namespace import OnnxNamespace  # noqa: E402

from actreg.conformance.cases import cases_of  # noqa: E402

POINTS = [0.0, 1e-300, 1e-20, 3e-9, 1e-5, 0.02, 0.3, 0.7, 0.9999, 1.0, 1.3, 2.5, 6.1, 17.7, 25.9, 39.0, 300.0, 700.0]
REFERENCES: dict[str, tuple[Callable[[Any], Any], float]] = {
    "atan": (mpmath.atan, 4.0),
    "expm1": (mpmath.expm1, 4.0),
    "log1p": (mpmath.log1p, 4.0),
    "sinh": (mpmath.sinh, 8.0),
    "cosh": (mpmath.cosh, 8.0),
    "tanh": (mpmath.tanh, 6.0),
    "softplus": (lambda x: mpmath.log1p(mpmath.exp(x)), 4.0),
    "sigmoid": (lambda x: 1 / (1 + mpmath.exp(-x)), 4.0),
    "erf": (mpmath.erf, 8.0),
    "erfc": (mpmath.erfc, 12.0),
}
"""Truth, and how many ulp of double are allowed: float32 has 2^29 of them."""


@pytest.mark.parametrize("name", REFERENCES)
def test_the_namespace_is_good_to_some_ulp_of_double(name: str) -> None:
    """Both signs, from 1e-300 to 700; signed zeros of odd functions stay."""
    truth, most = REFERENCES[name]
    points = [x for x in [*POINTS, *(-x for x in POINTS)] if name != "log1p" or x > -1]
    got = getattr(OnnxNamespace(torch.device("cpu")), name)(torch.tensor(points, dtype=torch.float64))
    with mpmath.workdps(60):
        for x, y in zip(points, got.tolist(), strict=True):
            want = truth(mpmath.mpf(x))
            unit = max(float(np.spacing(abs(float(want)))), 2.0**-1074)
            assert abs(mpmath.mpf(y) - want) <= most * unit, (x, y, want)


@pytest.mark.parametrize("name", ["atan", "expm1", "log1p", "sinh", "tanh", "erf"])
def test_odd_functions_keep_the_sign_of_zero(name: str) -> None:
    """-0.0 stays -0.0."""
    got = getattr(OnnxNamespace(torch.device("cpu")), name)(torch.tensor([-0.0, 0.0], dtype=torch.float64))
    assert torch.signbit(got).tolist() == [True, False]


@pytest.mark.parametrize(
    ("name", "low", "high"),
    [
        ("atan", -np.pi / 2, np.pi / 2),
        ("expm1", -1, np.inf),
        ("log1p", np.nan, np.inf),
        ("sinh", -np.inf, np.inf),
        ("cosh", np.inf, np.inf),
        ("tanh", -1, 1),
        ("softplus", 0, np.inf),
        ("sigmoid", 0, 1),
        ("erf", -1, 1),
        ("erfc", 2, 0),
    ],
)
def test_the_namespace_has_its_limits(name: str, low: float, high: float) -> None:
    """At ±inf; NaN stays NaN."""
    got = getattr(OnnxNamespace(torch.device("cpu")), name)(
        torch.tensor([-np.inf, np.inf, np.nan], dtype=torch.float64)
    )
    assert np.array_equal(got.numpy(), [low, high, np.nan], equal_nan=True)


class Together(nn.Module):
    """Every elementwise activation of one input, stacked."""

    def __init__(self, layers: list[nn.Module]) -> None:
        super().__init__()
        self.layers = nn.ModuleList(layers)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return torch.stack([layer(x) for layer in self.layers], dim=1)


@pytest.fixture(scope="module")
def backend() -> Any:
    """The torch backend of the default registry."""
    return actreg.default_registry().backend("torch")


def session(content: bytes) -> Any:
    """A quiet onnxruntime session."""
    options = onnxruntime.SessionOptions()
    options.log_severity_level = 4
    options.intra_op_num_threads = 1
    return onnxruntime.InferenceSession(content, options, providers=["CPUExecutionProvider"])


def judged(backend: Any, acts: list[Any]) -> list[str]:
    """What is inexact among elementwise activations, exported in one file and run at every edge value."""
    from actreg.exporting import edges, judge

    shape = (2, 6, 6)
    layers = [backend.layer(act, features=6) for act in acts]
    content = backend.onnx(Together(layers), np.zeros(shape, np.float32), find=actreg.get)
    x = edges.inputs(actreg.get("relu"), shape)
    got = session(content).run(None, {"x": x})[0]
    numpy = actreg.default_registry().backend("numpy")
    found = []
    for place, (act, layer) in enumerate(zip(acts, layers, strict=True)):
        parameters = {name: p.detach().numpy() for name, p in layer.named_parameters()}
        found.append(judge.activation(str(act.as_config()), x, got[:, place], numpy.apply(act, x, parameters)))
    return [str(finding) for finding in found if not finding.exact]


ELEMENTWISE = [cases_of(actreg.default_registry().find(name)) for name in actreg.names("elementwise")]


def test_every_elementwise_activation_exports_exactly(backend: Any) -> None:
    """All that are registered, in one file, at every edge value: within one ulp of the NumPy backend."""
    assert judged(backend, [cases[0].act for cases in ELEMENTWISE]) == []


@pytest.mark.exhaustive
@pytest.mark.parametrize("cases", ELEMENTWISE, ids=lambda cases: cases[0].name)
def test_every_configuration_exports_exactly(cases: Any, backend: Any) -> None:
    """Every configuration that the conformance suite tests."""
    assert judged(backend, [case.act for case in cases]) == []


OTHERS = [
    cases_of(actreg.default_registry().find(name))[0].act
    for name in actreg.names()
    if name not in actreg.names("elementwise")
]


@pytest.mark.parametrize("act", OTHERS, ids=lambda act: act.info.name)
def test_every_other_activation_exports_exactly(act: Any) -> None:
    """Axiswise, gated, expanding, projection: one file each."""
    assert actreg.export_onnx(act).exact


def test_constants_stay_double(backend: Any) -> None:
    """torch.onnx would round 0.01 to float32."""
    content = backend.onnx(backend.layer(actreg.get("leaky_relu")), np.zeros((2, 3), np.float32), find=actreg.get)
    model = onnx.load_from_string(content)
    assert 0.01 in [onnx.numpy_helper.to_array(tensor).item() for tensor in model.graph.initializer]
    assert [dim.dim_param or dim.dim_value for dim in model.graph.input[0].type.tensor_type.shape.dim] == ["batch", 3]


def test_a_number_close_to_one_is_not_taken_for_it() -> None:
    """torch.onnx's optimizer would do that, and 88 times a millionth is seen in the tail."""
    assert actreg.export_onnx({"silu": {"beta": 1.000001}}).exact


def test_a_small_term_is_kept_in_the_file(backend: Any) -> None:
    """Coefficients of 1e-9 to 1e-14 in the series of erfc are added: the file's erfc is good to some ulp of double."""

    class Erfc(nn.Module):
        def forward(self, x: torch.Tensor) -> torch.Tensor:
            from actreg_torch.onnx_namespace import ExactConstants

            wide = x.to(torch.float64)
            with ExactConstants(x.device):
                shifted = OnnxNamespace(x.device).erfc(wide) * 2.0**30
            # What float32 keeps of the rest is the last 30 bits.
            return (shifted - torch.floor(shifted)).to(torch.float32)

    x = np.array([[0.25, 0.5, 0.75, 1.0, 1.25, 1.5]] * 2, dtype=np.float32)
    got = session(backend.onnx(Erfc(), x, find=actreg.get)).run(None, {"x": x})[0][0]
    with mpmath.workdps(40):
        exact = [mpmath.erfc(mpmath.mpf(v)) * 2**30 for v in x[0].tolist()]
        want = [float(v - mpmath.floor(v)) for v in exact]
    np.testing.assert_allclose(got, want, atol=1e-5)


def test_a_model_of_somebody_else_gets_our_forms_and_stays_as_it_was(backend: Any) -> None:
    """Modules that torch.onnx translates badly are exported as formulas; the model itself, its mode included, stays."""
    model = nn.Sequential(nn.Linear(3, 4), nn.Sigmoid(), nn.Sequential(nn.SiLU(), nn.ReLU())).train()
    before = [type(module) for module in model.modules()]
    content = backend.onnx(model, np.zeros((2, 3), np.float32), find=actreg.get)
    assert [type(module) for module in model.modules()] == before
    assert all(module.training for module in model.modules())
    kinds = [node.op_type for node in onnx.load_from_string(content).graph.node]
    assert "Sigmoid" not in kinds
    assert "Relu" in kinds
    x = np.random.default_rng(0).standard_normal((9, 3)).astype(np.float32)
    want = model(torch.from_numpy(x)).detach().numpy()
    assert np.allclose(session(content).run(None, {"x": x})[0], want, rtol=1e-5, atol=1e-6)


def test_what_cannot_be_exported_is_refused(backend: Any) -> None:
    """Another dtype, a batch of one, code that does not trace."""

    class Branches(nn.Module):
        def forward(self, x: torch.Tensor) -> torch.Tensor:
            return x if x.sum() > 0 else -x

    with pytest.raises(actreg.CapabilityError, match="float32, which every runtime has, not in float64"):
        backend.onnx(nn.Linear(3, 3).double(), np.zeros((2, 3)), find=actreg.get)
    with pytest.raises(actreg.InputError, match="at least two rows"):
        backend.onnx(nn.Linear(3, 3), np.zeros((1, 3), np.float32), find=actreg.get)
    with pytest.raises(actreg.CapabilityError, match=r"torch\.onnx cannot export this"):
        backend.onnx(Branches(), np.zeros((2, 3), np.float32), find=actreg.get)


def test_nothing_is_silenced_for_others(backend: Any, caplog: pytest.LogCaptureFixture) -> None:
    """Levels of loggers are as before; torch.onnx says nothing about torchvision."""
    logger = logging.getLogger("torch.onnx._internal.exporter._registration")
    before = logger.level
    backend.onnx(nn.ReLU(), np.zeros((2, 3), np.float32), find=actreg.get)
    assert logger.level == before
    assert "torchvision" not in caplog.text
