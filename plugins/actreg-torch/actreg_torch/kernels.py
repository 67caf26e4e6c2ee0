"""torch's own functions as kernels: declarations, which load no torch until one is bound."""

from __future__ import annotations

from typing import Any, Final

from actreg import Activation, Bound, Kernel

PRIORITY: Final = 20
"""Above the formula and above ordinary plugins' default of 10, because it is what users of torch expect."""

_PROVIDERS: Final = {
    "sigmoid": "torch.sigmoid",
    "tanh": "torch.tanh",
    "relu": "torch.relu",
    "leaky_relu": "torch.nn.functional.leaky_relu",
    "elu": "torch.nn.functional.elu",
    "prelu": "torch.nn.functional.prelu",
    "softmax": "torch.softmax",
    "silu": "torch.nn.functional.silu",
    "softplus": "torch.nn.functional.softplus",
    "celu": "torch.nn.functional.celu",
    "selu": "torch.nn.functional.selu",
    "gelu": "torch.nn.functional.gelu",
    "mish": "torch.nn.functional.mish",
    "log_sigmoid": "torch.nn.functional.logsigmoid",
    "softsign": "torch.nn.functional.softsign",
    "tanh_shrink": "torch.nn.functional.tanhshrink",
    "hard_swish": "torch.nn.functional.hardswish",
    "identity": "torch.clone",
    "log_softmax": "torch.log_softmax",
}


def same_mathematics(act: Any) -> bool:
    """Whether torch's function means what this instance means.

    leaky_relu with slope 0 is NaN at -inf in torch; elu with a negative alpha loses the sign at -0.0; torch's prelu
    knows one slope or one for each channel of axis 1; its silu has no beta, its gelu no sigmoid form, its selu no
    options. Its glu has the gate second, and is left out: the same halves must give the same bits whichever of them is
    the gate, and torch has no other gate. Its hardsigmoid is left out too: it has no second derivative, and its first
    holds 1/6 in float32 whatever the dtype.
    """
    match act.info.name:
        case "leaky_relu":
            return bool(act.negative_slope != 0.0)
        case "elu":
            return bool(act.alpha > 0.0)
        case "prelu":
            return bool(act.axis == 1 or act.num_parameters == 1)
        case "silu":
            return bool(act.beta == 1.0 and not act.trainable)
        case "gelu":
            return bool(act.approximate != "sigmoid")
        case "selu":
            return bool(act == type(act)())
    return True


def _bind(act: Activation, device: str, dtype: str) -> Bound | None:
    if not same_mathematics(act):
        return None
    from actreg_torch.native import native

    return native(act)


KERNELS: Final = tuple(
    Kernel(activation=name, backend="torch", bind=_bind, provider=provider, priority=PRIORITY, vendor=True)
    for name, provider in _PROVIDERS.items()
)
