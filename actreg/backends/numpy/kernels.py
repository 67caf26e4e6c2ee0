"""Hand-written NumPy kernels: where the mathematics needs no wider arithmetic, the generic path's blocks only cost."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from actreg.contracts.kernel import Bound, Kernel

if TYPE_CHECKING:
    from actreg.contracts.activation import Activation


def _bind_relu(act: Activation, device: str, dtype: str) -> Bound | None:
    import numpy as np

    maximum, multiply = np.maximum, np.multiply
    zero = np.zeros((), dtype=dtype)
    # maximum(-0.0, 0.0) is whichever operand the processor's instruction returns; ReLU(-0.0) is +0.0.
    zeros = [np.full(size, -0.0, dtype=dtype) for size in (1, 7, 33, 100)]
    if not any(np.signbit(maximum(x, zero)).any() for x in zeros):

        def forward(x: Any, out: Any = None) -> Any:
            return maximum(x, zero) if out is None else maximum(x, zero, out=out)

    elif not any(np.signbit(maximum(zero, x)).any() for x in zeros):

        def forward(x: Any, out: Any = None) -> Any:
            return maximum(zero, x) if out is None else maximum(zero, x, out=out)

    else:
        return None

    def pullback(x: Any, y: Any, grad: Any) -> dict[str, Any]:
        result = np.empty(x.shape, dtype=x.dtype)
        multiply(grad, x > zero, out=result, casting="same_kind")
        # Where x is NaN its gradient is too; the comparison has lost it.
        undefined = x != x
        if undefined.any():
            result[undefined] = np.nan
        return {"x": result}

    return Bound(forward, pullback)


KERNELS = (
    Kernel(
        activation="relu",
        backend="numpy",
        bind=_bind_relu,
        provider="numpy.maximum",
        devices=frozenset({"cpu"}),
        dtypes=frozenset({"float16", "float32", "float64"}),
    ),
)
