"""The built-in activations: a plugin like any other, one family a file."""

from __future__ import annotations

from actreg.activations.aliases import ALIASES
from actreg.activations.exponential import CELU, ELU, SELU, Softplus
from actreg.activations.gated import GEGLU, GLU, SwiGLU
from actreg.activations.gelu import GELU
from actreg.activations.hard import HardSigmoid, HardSwish
from actreg.activations.identity import Identity
from actreg.activations.maxout import Maxout, MaxoutPool
from actreg.activations.mish import Mish
from actreg.activations.periodic import Sine
from actreg.activations.rectifiers import LeakyReLU, PReLU, ReLU
from actreg.activations.shrink import TanhShrink
from actreg.activations.sigmoid import LogSigmoid, Sigmoid, Tanh
from actreg.activations.silu import SiLU
from actreg.activations.softmax import LogSoftmax, Softmax
from actreg.activations.softsign import Softsign
from actreg.contracts.activation import Activation
from actreg.contracts.info import Alias
from actreg.hookspecs import hookimpl

ELEMENTWISE: tuple[type[Activation], ...] = (
    *(CELU, ELU, GELU, HardSigmoid, HardSwish, Identity, LeakyReLU, LogSigmoid, Mish, PReLU, ReLU, SELU, Sigmoid),
    *(SiLU, Sine, Softplus, Softsign, Tanh, TanhShrink),
)
LINES: tuple[type[Activation], ...] = (GEGLU, GLU, LogSoftmax, Maxout, MaxoutPool, Softmax, SwiGLU)


@hookimpl
def actreg_activations() -> list[type[Activation]]:
    """Those that act on numbers, and those that act on lines of them."""
    return [*ELEMENTWISE, *LINES]


@hookimpl
def actreg_aliases() -> list[Alias]:
    """Names that other frameworks use, each with that framework's defaults."""
    return list(ALIASES)
