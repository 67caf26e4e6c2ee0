"""Activations from research, 2018 to 2026, each proven against its definition."""

from __future__ import annotations

from actreg import Activation
from actreg_zoo.algebraic import PFLU, Squareplus
from actreg_zoo.expanded import XATLU, XGELU
from actreg_zoo.gated import XATGLU, XGEGLU, XSwiGLU
from actreg_zoo.growth import ARiA2, GoLU
from actreg_zoo.hyperbolic import LiSHT, Phish, Smish, TeLU
from actreg_zoo.logarithmic import Gish, Logish, Serf
from actreg_zoo.normalisers import Derf, DyT
from actreg_zoo.periodic import GCU, SinLU, Snake
from actreg_zoo.piecewise import ELiSH, FlattenTSwish
from actreg_zoo.polynomial import XIELU, PolyReLU
from actreg_zoo.polynorm import PolyNorm
from actreg_zoo.sigmoidal import BSiLU, SwishT, XSiLU

ACTIVATIONS: tuple[type[Activation], ...] = (
    *(ARiA2, BSiLU, Derf, DyT, ELiSH, FlattenTSwish, GCU, Gish, GoLU, LiSHT, Logish, PFLU, Phish, PolyNorm, PolyReLU),
    *(Serf, SinLU, Smish, Snake, Squareplus, SwishT, TeLU, XATGLU, XATLU, XGEGLU, XGELU, XIELU, XSiLU, XSwiGLU),
)
"""Everything that this distribution provides."""

__all__ = ["ACTIVATIONS", *(cls.__name__ for cls in ACTIVATIONS)]
