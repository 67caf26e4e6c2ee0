"""Export to ONNX, checked in onnxruntime: every activation, whole networks, and what is refused."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

import actreg
from actreg.exporting import runtime

pytest.importorskip("torch")
pytest.importorskip("onnxruntime")
pytest.importorskip("onnxscript")
CONFIGS = Path(__file__).parents[2] / "configs"


def test_an_activation_is_written_and_runs(tmp_path: Path) -> None:
    """Correct at every edge; opset and IR version are told; no path of this machine is in the file."""
    path = tmp_path / "silu.onnx"
    done = actreg.export_onnx({"silu": {"beta": 2.0}}, path)
    assert done.exact
    assert (done.opset, done.ir_version) == (20, 10)
    assert "silu(beta=2.0, trainable=False): 0 ulp over" in str(done)
    content = path.read_bytes()
    assert content == done.content
    assert b"actreg_torch" not in content
    x = np.array([[-20.0] * 12] * 5, dtype=np.float32)
    assert np.array_equal(runtime.OnnxRun(content)(x), actreg.get("silu", beta=2.0)(x))


def test_onnx_own_operators_are_caught(tmp_path: Path) -> None:
    """onnxruntime's Sigmoid is 0 at -20: refused with place and ulp, nothing written; written where told."""
    path = tmp_path / "sigmoid.onnx"
    with pytest.raises(
        actreg.InexactExportError, match=r"sigmoid: 8.*e\+08 ulp.* at x = -20\.0: 0\.0, not 2\.06"
    ) as error:
        actreg.export_onnx("sigmoid", path, native=True)
    assert len(error.value.findings) == 1
    assert not path.exists()
    done = actreg.export_onnx("sigmoid", path, native=True, allow_inexact=True)
    assert not done.exact
    assert path.exists()
    assert not list(tmp_path.glob(".*"))


NETWORKS = {
    "digits_cnn": {},
    "vit_tiny": {"size": 16, "patch": 4, "width": 24, "depth": 1, "classes": 5},
    "llama_block": {"tokens": 4, "width": 16, "heads": 2, "kv_heads": 1, "hidden": 24},
}


@pytest.mark.parametrize("config", NETWORKS)
def test_a_network_is_exported_whole(config: str) -> None:
    """Any batch, inputs up to ±100; convolution, attention, norms, gates; each activation with its own parameters."""
    done = actreg.export_onnx(CONFIGS / f"{config}.yaml", overrides=NETWORKS[config])
    assert done.exact
    names = [finding.subject for finding in done.findings]
    assert names[:3] == ["network", "network, inputs ±20", "network, inputs ±100"]
    assert len(names) > 3


def test_a_network_of_token_ids_is_exported() -> None:
    """int64 in, causal attention, shared weights."""
    small = {"vocab": 32, "context": 8, "width": 16, "depth": 1, "heads": 2}
    done = actreg.export_onnx(CONFIGS / "gpt2_small.yaml", overrides=small)
    assert done.exact
    assert [finding.subject for finding in done.findings[:2]] == ["network", "network, a batch of three"]


def test_the_bytes_of_an_activation_alone() -> None:
    """What the conformance suite asks for: from an activation, its options and a shape to a file."""
    content = actreg.activation_onnx("prelu", num_parameters="each", shape=(4, 3, 5, 5))
    x = -np.ones((7, 3, 2, 2), np.float32)
    assert np.array_equal(runtime.OnnxRun(content)(x), np.full_like(x, -0.25))


def test_a_backend_that_cannot_says_so() -> None:
    """NumPy exports nothing."""
    with pytest.raises(actreg.CapabilityError, match="torch does"):
        actreg.export_onnx("relu", backend="numpy")
    with pytest.raises(actreg.CapabilityError, match="exports no ONNX"):
        actreg.default_registry().backend("numpy").onnx(None, np.zeros((2, 2)), find=actreg.get)


def test_a_missing_extra_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without onnxruntime, or without onnxscript, the error says what to install."""
    import sys

    for package in ("onnxscript", "onnxruntime"):
        with monkeypatch.context() as patch:
            patch.setitem(sys.modules, package, None)
            with pytest.raises(actreg.MissingExtraError, match=r"pip install 'actreg\[onnx\]'"):
                actreg.export_onnx("relu")


def test_a_file_that_does_not_run_is_refused() -> None:
    """Bytes that are no ONNX."""
    with pytest.raises(actreg.CapabilityError, match=r"onnxruntime .* cannot run it"):
        runtime.OnnxRun(b"nothing")
