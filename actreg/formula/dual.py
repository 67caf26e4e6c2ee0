"""Dual numbers: the derivative of a formula, over any namespace.

Requirements:

- Exact at ±inf where a limit exists: every product of a tangent goes through `gate`, so 0·inf does not arise.
- Immune to unselected branches: `where` selects tangents as it selects values, unlike reverse mode, where the branch
  not taken contributes 0·NaN.
- Elementwise only; whatever works along axes brings its own pullback.

W. K. Clifford, 1873; R. E. Wengert, 1964, doi:10.1145/355586.364791.
"""

from __future__ import annotations

from typing import Any

TWO_OVER_SQRT_PI = 1.1283791670955126


class Dual:
    """value + tangent·ε over the namespace `xp`, with ε² = 0."""

    __slots__ = ("tangent", "value", "xp")
    # Makes NumPy's operators defer to ours, instead of going through an array of objects.
    __array_ufunc__ = None

    def __init__(self, xp: Any, value: Any, tangent: Any) -> None:
        self.xp = xp
        self.value = value
        self.tangent = tangent

    def chain(self, value: Any, slope: Any) -> Dual:
        """f(self), from f's value and slope at self.value."""
        return Dual(self.xp, value, self.xp.gate(self.tangent, slope))

    @property
    def shape(self) -> tuple[int, ...]:
        """The shape of the value."""
        return tuple(self.value.shape)

    @property
    def ndim(self) -> int:
        """How many axes the value has."""
        return len(self.shape)

    def __getitem__(self, index: Any) -> Dual:
        slope = self.tangent[index] if getattr(self.tangent, "shape", ()) else self.tangent
        return Dual(self.xp, self.value[index], slope)

    def _lift(self, other: Any) -> Dual:
        return other if isinstance(other, Dual) else Dual(self.xp, other, 0.0)

    def __add__(self, other: Any) -> Dual:
        o = self._lift(other)
        return Dual(self.xp, self.value + o.value, self.tangent + o.tangent)

    __radd__ = __add__

    def __neg__(self) -> Dual:
        return Dual(self.xp, -self.value, -self.tangent)

    def __pos__(self) -> Dual:
        return self

    def __sub__(self, other: Any) -> Dual:
        o = self._lift(other)
        return Dual(self.xp, self.value - o.value, self.tangent - o.tangent)

    def __rsub__(self, other: Any) -> Dual:
        return self._lift(other) - self

    def __mul__(self, other: Any) -> Dual:
        if not isinstance(other, Dual):
            return Dual(self.xp, self.value * other, self.xp.gate(other, self.tangent))
        tangent = self.xp.gate(self.value, other.tangent) + self.xp.gate(other.value, self.tangent)
        return Dual(self.xp, self.value * other.value, tangent)

    __rmul__ = __mul__

    def __truediv__(self, other: Any) -> Dual:
        if not isinstance(other, Dual):
            return Dual(self.xp, self.value / other, self.tangent / other)
        quotient = self.value / other.value
        # An infinite divisor has an infinite slope, and a quotient of 0.
        carried = self.xp.where(
            self.xp.isinf(other.tangent),
            self.xp.gate(other.tangent, quotient),
            self.xp.gate(quotient, other.tangent),
        )
        return Dual(self.xp, quotient, (self.tangent - carried) / other.value)

    def __rtruediv__(self, other: Any) -> Dual:
        return self._lift(other) / self

    def __pow__(self, exponent: Any) -> Dual:
        if isinstance(exponent, Dual):
            raise TypeError("an exponent that varies: write exp(exponent * log(base))")
        if exponent == 0:
            return Dual(self.xp, self.value**0, self.tangent * 0.0)
        return self.chain(self.value**exponent, exponent * self.value ** (exponent - 1))

    def __lt__(self, other: Any) -> Any:
        return self.value < plain(other)

    def __le__(self, other: Any) -> Any:
        return self.value <= plain(other)

    def __gt__(self, other: Any) -> Any:
        return self.value > plain(other)

    def __ge__(self, other: Any) -> Any:
        return self.value >= plain(other)

    def __eq__(self, other: Any) -> Any:
        return self.value == plain(other)

    def __ne__(self, other: Any) -> Any:
        return self.value != plain(other)

    __hash__ = None  # type: ignore[assignment]


def plain(x: Any) -> Any:
    """The value of a dual number; anything else as it is."""
    return x.value if isinstance(x, Dual) else x


def tangent(x: Any) -> Any:
    """The tangent of a dual number; 0.0 for a constant."""
    return x.tangent if isinstance(x, Dual) else 0.0


class DualNamespace:
    """The namespace of dual numbers over `xp`: elementwise operations with their derivatives."""

    def __init__(self, xp: Any) -> None:
        self.xp = xp

    def _unary(self, x: Any, value: Any, slope: Any) -> Any:
        return x.chain(value, slope) if isinstance(x, Dual) else value

    def abs(self, x: Any) -> Any:
        v = plain(x)
        return self._unary(x, self.xp.abs(v), self.xp.sign(v))

    def atan(self, x: Any) -> Any:
        v = plain(x)
        return self._unary(x, self.xp.atan(v), 1.0 / (1.0 + v * v))

    def cos(self, x: Any) -> Any:
        v = plain(x)
        return self._unary(x, self.xp.cos(v), -self.xp.sin(v))

    def cosh(self, x: Any) -> Any:
        v = plain(x)
        return self._unary(x, self.xp.cosh(v), self.xp.sinh(v))

    def erf(self, x: Any) -> Any:
        v = plain(x)
        return self._unary(x, self.xp.erf(v), TWO_OVER_SQRT_PI * self.xp.exp(-v * v))

    def erfc(self, x: Any) -> Any:
        v = plain(x)
        return self._unary(x, self.xp.erfc(v), -TWO_OVER_SQRT_PI * self.xp.exp(-v * v))

    def exp(self, x: Any) -> Any:
        value = self.xp.exp(plain(x))
        return self._unary(x, value, value)

    def expm1(self, x: Any) -> Any:
        v = plain(x)
        return self._unary(x, self.xp.expm1(v), self.xp.exp(v))

    def floor(self, x: Any) -> Any:
        v = plain(x)
        return self._unary(x, self.xp.floor(v), 0.0 * self.xp.where(self.xp.isinf(v), 0.0, v))

    def gate(self, x: Any, p: Any) -> Any:
        if not isinstance(x, Dual) and not isinstance(p, Dual):
            return self.xp.gate(x, p)
        value = self.xp.gate(plain(x), plain(p))
        # A zero gate stands for a limit: its slope wins over an infinite x, as the exponential wins over a power.
        slope = self.xp.gate(plain(x), tangent(p)) + self.xp.gate(tangent(x), plain(p))
        return Dual(self.xp, value, slope)

    def isinf(self, x: Any) -> Any:
        return self.xp.isinf(plain(x))

    def isnan(self, x: Any) -> Any:
        return self.xp.isnan(plain(x))

    def log(self, x: Any) -> Any:
        v = plain(x)
        return self._unary(x, self.xp.log(v), 1.0 / v)

    def log1p(self, x: Any) -> Any:
        v = plain(x)
        return self._unary(x, self.xp.log1p(v), 1.0 / (1.0 + v))

    def maximum(self, a: Any, b: Any) -> Any:
        pick = plain(a) >= plain(b)
        return Dual(self.xp, self.xp.maximum(plain(a), plain(b)), self.xp.where(pick, tangent(a), tangent(b)))

    def minimum(self, a: Any, b: Any) -> Any:
        pick = plain(a) <= plain(b)
        return Dual(self.xp, self.xp.minimum(plain(a), plain(b)), self.xp.where(pick, tangent(a), tangent(b)))

    def normal_pair(self, x: Any) -> tuple[Any, Any]:
        v = plain(x)
        cdf, density = self.xp.normal_pair(v)
        return self._unary(x, cdf, density), self._unary(x, density, -self.xp.gate(v, density))

    def sigmoid(self, x: Any) -> Any:
        value, slope = self.xp.sigmoid_pair(plain(x))
        return self._unary(x, value, slope)

    def sigmoid_pair(self, x: Any) -> tuple[Any, Any]:
        v = plain(x)
        value, slope = self.xp.sigmoid_pair(v)
        # s'' = s'·(1 - 2s) = -s'·tanh(x/2), which does not cancel at 0.
        return self._unary(x, value, slope), self._unary(x, slope, -slope * self.xp.tanh(0.5 * v))

    def sign(self, x: Any) -> Any:
        v = plain(x)
        return self._unary(x, self.xp.sign(v), 0.0 * self.xp.sign(v))

    def sin(self, x: Any) -> Any:
        v = plain(x)
        return self._unary(x, self.xp.sin(v), self.xp.cos(v))

    def sinh(self, x: Any) -> Any:
        v = plain(x)
        return self._unary(x, self.xp.sinh(v), self.xp.cosh(v))

    def softplus(self, x: Any) -> Any:
        v = plain(x)
        return self._unary(x, self.xp.softplus(v), self.xp.sigmoid(v))

    def sqrt(self, x: Any) -> Any:
        value = self.xp.sqrt(plain(x))
        return self._unary(x, value, 0.5 / value)

    def tanh(self, x: Any) -> Any:
        value, slope = self.xp.tanh_pair(plain(x))
        return self._unary(x, value, slope)

    def tanh_pair(self, x: Any) -> tuple[Any, Any]:
        value, slope = self.xp.tanh_pair(plain(x))
        return self._unary(x, value, slope), self._unary(x, slope, -2.0 * value * slope)

    def where(self, condition: Any, a: Any, b: Any) -> Any:
        if not isinstance(a, Dual) and not isinstance(b, Dual):
            return self.xp.where(condition, a, b)
        value = self.xp.where(condition, plain(a), plain(b))
        return Dual(self.xp, value, self.xp.where(condition, tangent(a), tangent(b)))
