"""The suite bites: wrong activations are caught, each by the check that should catch it, and its honest twin passes.

The twin of a mutant is what it derives from. Truth is the built-in activation's own table, which a class shares as long
as it overrides nothing but formulas.
"""

from __future__ import annotations

import math
from typing import Any, ClassVar

import pytest
from pydantic import ConfigDict, Field, field_serializer

import actreg

REGISTRY = actreg.Registry()
GELU, SiLU, ELU, Softplus, Tanh, ReLU, LeakyReLU, PReLU, Softmax, MaxoutPool = (
    REGISTRY.find(name)
    for name in (
        "gelu", "silu", "elu", "softplus", "tanh", "relu", "leaky_relu", "prelu", "softmax", "maxout_pool",
    )
)  # fmt: skip


def mutant(base: Any, doc: str, /, **members: Any) -> Any:
    """A class that differs from its base in these members, under the same name."""
    return type(base.__name__, (base,), {"__doc__": doc, "__module__": __name__, "info": base.info, **members})


class Gate(actreg.Gated):
    """a·sigmoid(b) by definition, the second half being the gate."""

    info: ClassVar[Any] = actreg.Info(name="gate")
    gate: str = Field("second", description="the second half", examples=["second"])

    def forward(self, xp, a, b):
        return b * xp.sigmoid(a)

    def pullback(self, xp, a, b, grad):
        s, slope = xp.sigmoid_pair(a)
        return {"a": grad * b * slope, "b": grad * s}

    def reference(self, mp, a, b):
        return b / (1 + mp.exp(-a))


class Learned(actreg.Gated):
    """c·a·b, with c learned."""

    info: ClassVar[Any] = actreg.Info(name="learned")
    gate: str = Field("second", description="the second half", examples=["second"])

    def parameters(self):
        return {"c": actreg.Param((1,), actreg.Constant(1.5))}

    def forward(self, xp, a, b, c):
        return c * a * b

    def pullback(self, xp, a, b, grad, c):
        return {"a": grad * c * b, "b": grad * c * a, "c": grad * a * b}

    def reference(self, mp, a, b, c):
        return c * a * b


def _tanh_gelu(self, xp, x):
    return 0.5 * x * (1.0 + xp.tanh(math.sqrt(2 / math.pi) * (x + 0.044715 * x * x * x)))


def _relu_slope(self, xp, x):
    return xp.where(x >= 0, 1.0, 0.0)


def _lost_sigmoid(self, xp, x, beta=None):
    return xp.gate(x, 1.0 - xp.sigmoid(-x * self.beta))


def _sealed(self, xp, x, beta=None):
    return xp.where(xp.isnan(x), 0.0, xp.gate(x, xp.sigmoid(xp.gate(x, self.beta))))


def _wrong_softmax(self, xp, x):
    e = xp.exp(x - xp.max(x, axis=-1))
    return e / (xp.sum(e, axis=-1) + 1e-6)


def _plain_softmax(self, xp, x):
    e = xp.exp(x)
    return e / xp.sum(e, axis=-1)


def _sorted_softmax(self, xp, x):
    return xp.sort(Softmax.forward(self, xp, x), axis=-1)


def _laws(**claims: Any) -> Any:
    return lambda self: actreg.Laws(**claims)


def _split_ties(self, xp, x, y, grad):
    gradient = MaxoutPool.pullback(self, xp, x, y, grad)["x"]
    return {"x": gradient * 0.5 + xp.flip(gradient, axis=-1) * 0.5 if hasattr(xp, "flip") else gradient * 0.5}


def _raises(self, xp, x):
    raise ZeroDivisionError("by design")


MUTANTS = [
    (mutant(GELU, "The tanh form under the exact name.", forward=_tanh_gelu), "value", "float32"),
    (mutant(LeakyReLU, "0.2 whatever was asked.", forward=lambda self, xp, x: xp.where(x > 0, x, 0.2 * x)),
     "value", "float32"),
    (mutant(Softplus, "No threshold.", forward=lambda self, xp, x: xp.softplus(self.beta * x) / self.beta),
     "value", "float64"),
    (mutant(SiLU, "NaN at -inf.", forward=lambda self, xp, x, beta=None: x * xp.sigmoid(x * self.beta)),
     "limits", "float32"),
    (mutant(ELU, "exp(x) - 1 cancels.",
            forward=lambda self, xp, x: xp.where(x > 0, x, self.alpha * (xp.exp(xp.where(x > 0, 0.0, x)) - 1.0))),
     "value", "float32"),
    (mutant(ReLU, "1 at the kink.", derivative=_relu_slope), "kinks", "float32"),
    (mutant(SiLU, "The tail cancels.", forward=_lost_sigmoid), "value", "float32"),
    (mutant(SiLU, "A slope off by a millionth.",
            derivative=lambda self, xp, x, beta=None: SiLU.derivative_formula(self, xp, x, beta) * 1.000001),
     "derivative", "float32"),
    (mutant(SiLU, "The same, by its gradient.",
            derivative=lambda self, xp, x, beta=None: SiLU.derivative_formula(self, xp, x, beta) * 1.000001),
     "gradient", "float32"),
    (mutant(SiLU, "NaN is swallowed.", forward=_sealed), "nan", "float32"),
    (mutant(SiLU, "-0.0 becomes 0.0.", forward=lambda self, xp, x, beta=None: SiLU.forward(self, xp, x, beta) + 0.0),
     "signed zero", "float32"),
    (mutant(SiLU, "x is missing from dy/dbeta.",
            parameter_derivatives=lambda self, xp, x, beta=None: {"beta": xp.gate(x, xp.sigmoid_pair(x)[1])}),
     "parameter gradient", "float32"),
    (mutant(Tanh, "A reference off by 2^-20.", reference=lambda self, mp, x: mp.tanh(x) + mp.mpf(2) ** -20,
            reference_derivative=lambda self, mp, x: mp.sech(x) ** 2), "value", "float32"),
    (mutant(Tanh, "It claims a range that it leaves.", laws=_laws(range=(-0.5, 0.5))), "range", "float32"),
    (mutant(Softmax, "Lines sum to less than 1.", forward=_wrong_softmax), "normalised", "float32"),
    (mutant(Softmax, "No maximum is taken off.", forward=_plain_softmax), "value", "float32"),
    (mutant(Softmax, "Results come sorted.", forward=_sorted_softmax), "permutation", "float32"),
    (mutant(Softmax, "The gradient forgets its mean.",
            pullback=lambda self, xp, x, y, grad: {"x": grad * y}), "gradient", "float32"),
    (mutant(MaxoutPool, "Ties share the gradient.", pullback=_split_ties), "first winner", "float32"),
    (mutant(Gate, "The gate and the value change places.", forward=lambda self, xp, a, b: a * xp.sigmoid(b)),
     "value", "float32"),
    (mutant(Learned, "A learned gate's gradient forgets the value.",
            pullback=lambda self, xp, a, b, grad, c: {**Learned.pullback(self, xp, a, b, grad, c), "c": grad * a}),
     "gradient", "float32"),
    (mutant(Learned, "Its gradient is that of the last line.",
            pullback=lambda self, xp, a, b, grad, c: {**Learned.pullback(self, xp, a, b, grad, c),
                                                      "c": (grad * a * b)[..., -1:, -1]}),
     "dot product", "float32"),
    (mutant(ELU, "The config loses digits on its way.",
            rounded=field_serializer("alpha")(lambda self, value: round(value, 0))), "config round trip", "float32"),
    (mutant(ELU, "Unknown options pass.", model_config=ConfigDict(extra="ignore")), "config refusals", "float32"),
    (mutant(ELU, "The schema admits anything.",
            model_config=ConfigDict(json_schema_extra=lambda schema: schema.pop("additionalProperties"))),
     "config schema", "float32"),
    (mutant(Tanh, "It fails outright.", forward=_raises), "value", "float32"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("wrong", "by", "dtype"), MUTANTS, ids=lambda v: v.__doc__.rstrip(".") if isinstance(v, type) else v
)
def test_a_wrong_activation_is_caught(wrong, by, dtype, caught):
    """By its own check, with something to go by; what it derives from passes."""
    caught(wrong, by, wrong.__mro__[1], dtype)


class Twice(actreg.Elementwise):
    """2x, which is all that it claims to be."""

    info: ClassVar[Any] = actreg.Info(name="twice")
    flip: bool = Field(False, description="turned round and back")

    def forward(self, xp, x):
        return x * 2.0

    def reference(self, mp, x):
        return 2 * x

    def reference_derivative(self, mp, x):
        return mp.mpf(2)

    def laws(self):
        return actreg.Laws(symmetry="odd", monotone=True, derivative_from_output=True)


class Square(Twice):
    """x², which is none of it."""

    info: ClassVar[Any] = actreg.Info(name="square")

    def forward(self, xp, x):
        return x * x

    def reference(self, mp, x):
        return x * x

    def reference_derivative(self, mp, x):
        return 2 * x


class Choosing(Twice):
    """Its second choice is wrong."""

    info: ClassVar[Any] = actreg.Info(name="choosing")

    def forward(self, xp, x):
        return x * 1.5 if self.flip else x * 2.0


@pytest.mark.parametrize(
    ("wrong", "by"),
    [(Square, "symmetry"), (Square, "monotone"), (Square, "derivative from output"), (Choosing, "value")],
    ids=["It is not odd", "It does not rise", "Its derivative is not that of its value", "One of two choices is wrong"],
)
def test_a_foreign_activation_is_held_to_what_it_claims(wrong, by, caught):
    """Truth is computed on the spot, and every choice of an option is tried."""
    caught(wrong, by, Twice)


def test_there_are_enough_mutants():
    """Of activations here; kernels, backends and packages have theirs."""
    assert len(MUTANTS) >= 24
    assert len({str(doc.__doc__) for doc, _, _ in MUTANTS}) == len(MUTANTS)
