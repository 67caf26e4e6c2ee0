"""Layers over lines (N, C, L), computed as images of one row."""

from __future__ import annotations

from dataclasses import dataclass

from actreg.backends.numpy.layers.base import Array, Arrays, Gradients, Layer, LayerPullback, Run


@dataclass(frozen=True)
class OverLines(Layer):
    """`inner`, a layer of images whose windows are one row high. Its ``weight`` is (out, in / groups, k) here."""

    inner: Layer

    def evaluate(self, inputs: tuple[Array, ...], parameters: Arrays, *, overwrite: bool = False) -> Array:
        """x (N, C, L) -> (N, out, ol)."""
        return self.inner.evaluate((inputs[0][:, :, None],), _raised(parameters))[:, :, 0]

    def vjp(self, inputs: tuple[Array, ...], parameters: Arrays, run: Run) -> tuple[Array, LayerPullback]:
        """Keeps what the inner layer keeps."""
        y, inner = self.inner.vjp((inputs[0][:, :, None],), _raised(parameters), run)

        def pullback(grad: Array, wanted: bool) -> Gradients:
            found = inner(grad[:, :, None], wanted)
            named = {name: value.reshape(parameters[name].shape) for name, value in found.parameters.items()}
            return Gradients(tuple(value[:, :, 0] for value in found.inputs), named)

        return y[:, :, 0], pullback


def _raised(parameters: Arrays) -> dict[str, Array]:
    return {name: array[:, :, None] if array.ndim == 3 else array for name, array in parameters.items()}
