"""The built-in activations: a plugin like any other, one family a file."""

from __future__ import annotations

from actreg.activations.aliases import ALIASES
from actreg.activations.exponential import ELU, Softplus
from actreg.activations.gelu import GELU
from actreg.activations.maxout import Maxout, MaxoutPool
from actreg.activations.mish import Mish
from actreg.activations.rectifiers import LeakyReLU, PReLU, ReLU
from actreg.activations.sigmoid import Sigmoid, Tanh
from actreg.activations.silu import SiLU
from actreg.activations.softmax import Softmax
from actreg.contracts.activation import Activation
from actreg.contracts.info import Alias
from actreg.hookspecs import hookimpl


@hookimpl
def actreg_activations() -> list[type[Activation]]:
    """All of them."""
    return [ELU, GELU, LeakyReLU, Maxout, MaxoutPool, Mish, PReLU, ReLU, Sigmoid, SiLU, Softmax, Softplus, Tanh]


@hookimpl
def actreg_aliases() -> list[Alias]:
    """Names that other frameworks use, each with that framework's defaults."""
    return list(ALIASES)
