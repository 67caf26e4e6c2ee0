"""Running an ONNX file: onnxruntime on the CPU, in one thread, without remarks."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from actreg.errors import CapabilityError, MissingExtraError

if TYPE_CHECKING:
    import numpy as np

INSTALL = "pip install 'actreg[onnx]'"


class OnnxRun:
    """An ONNX file with one input and one output, ready to run.

    Raises MissingExtraError without onnxruntime, CapabilityError for a file that it cannot run.
    """

    def __init__(self, content: bytes) -> None:
        try:
            import onnxruntime
        except ModuleNotFoundError as error:
            raise MissingExtraError("checking an ONNX file", "onnxruntime", INSTALL) from error
        options = onnxruntime.SessionOptions()
        options.log_severity_level = 4
        options.intra_op_num_threads = 1
        try:
            self._session: Any = onnxruntime.InferenceSession(content, options, providers=["CPUExecutionProvider"])
        except Exception as error:  # onnxruntime's own classes are private
            raise CapabilityError(f"onnxruntime {onnxruntime.__version__} cannot run it: {error}") from error
        self._input = self._session.get_inputs()[0].name
        self.version: str = onnxruntime.__version__

    def __call__(self, x: np.ndarray) -> np.ndarray:
        """The output for x of shape (batch, …), float32."""
        found: list[np.ndarray] = self._session.run(None, {self._input: x})
        return found[0]
