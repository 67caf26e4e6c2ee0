"""Dual numbers for formulas that work along an axis: the derivative of a line along a direction.

Requirements:

- Everything of `namespace.ALONG_AXES` and the indexing that splits a gated line: linear operations act on values and
  tangents alike, selections by value select tangents.
- Value and tangent that come out are arrays of one shape.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from actreg.formula.dual import Dual, DualNamespace, plain, tangent


class LineDualNamespace(DualNamespace):
    """`DualNamespace` and the operations along axes."""

    def _linear(self, x: Any, operation: Any) -> Any:
        if not isinstance(x, Dual):
            return operation(x)
        return Dual(self.xp, operation(x.value), operation(self._moved(x)))

    def _moved(self, x: Any) -> Any:
        """The tangent in the value's shape."""
        value = plain(x)
        return tangent(x) + self.xp.where(value == value, 0.0, 0.0)

    def _joined(self, parts: Sequence[Any], operation: Any) -> Any:
        values = [plain(part) for part in parts]
        return Dual(self.xp, operation(values), operation([self._moved(part) for part in parts]))

    def concat(self, parts: Sequence[Any], *, axis: int = -1) -> Any:
        """Joins along an axis."""
        return self._joined(parts, lambda arrays: self.xp.concat(arrays, axis=axis))

    def stack(self, parts: Sequence[Any], *, axis: int = -1) -> Any:
        """Joins along a new axis."""
        return self._joined(parts, lambda arrays: self.xp.stack(arrays, axis=axis))

    def cumsum(self, x: Any, *, axis: int = -1) -> Any:
        """Running sums."""
        return self._linear(x, lambda array: self.xp.cumsum(array, axis=axis))

    def flip(self, x: Any, *, axis: int = -1) -> Any:
        """Reversed."""
        return self._linear(x, lambda array: self.xp.flip(array, axis=axis))

    def sum(self, x: Any, *, axis: int | tuple[int, ...] = -1) -> Any:
        """The sum, kept."""
        return self._linear(x, lambda array: self.xp.sum(array, axis=axis))

    def reshape(self, x: Any, shape: tuple[int, ...]) -> Any:
        """The same elements in another shape."""
        return self._linear(x, lambda array: self.xp.reshape(array, shape))

    def moveaxis(self, x: Any, source: int, destination: int) -> Any:
        """An axis moved."""
        return self._linear(x, lambda array: self.xp.moveaxis(array, source, destination))

    def matmul(self, a: Any, b: Any) -> Any:
        """The product rule."""
        product = self.xp.matmul(plain(a), plain(b))
        moved = 0.0 * product
        if isinstance(a, Dual):
            moved = moved + self.xp.matmul(self._moved(a), plain(b))
        if isinstance(b, Dual):
            moved = moved + self.xp.matmul(plain(a), self._moved(b))
        return Dual(self.xp, product, moved)

    def max(self, x: Any, *, axis: int = -1) -> Any:
        """The largest, kept, with its first winner's tangent."""
        if not isinstance(x, Dual):
            return self.xp.max(x, axis=axis)
        _, won = self.xp.pick_max(x.value, axis=axis)
        moved = self.xp.sum(self.xp.where(won, self._moved(x), 0.0), axis=axis)
        return Dual(self.xp, self.xp.max(x.value, axis=axis), moved)

    def pick_max(self, x: Any, *, axis: int = -1) -> tuple[Any, Any]:
        """The largest, dropped, with its first winner's tangent, and the mask of the winner."""
        value, won = self.xp.pick_max(plain(x), axis=axis)
        if not isinstance(x, Dual):
            return value, won
        moved = self.xp.sum(self.xp.where(won, self._moved(x), 0.0), axis=axis)
        return Dual(self.xp, value, self.xp.reshape(moved, tuple(value.shape))), won

    def sort(self, x: Any, *, axis: int = -1) -> Any:
        """Ascending; a tangent goes with its value, and equal values share theirs.

        Equal values may come in any order, and a function that is differentiable there does not tell them apart.
        """
        if not isinstance(x, Dual):
            return self.xp.sort(x, axis=axis)
        ordered = self.xp.sort(x.value, axis=axis)
        last = self.xp.moveaxis(x.value, axis, -1)
        moving = self.xp.moveaxis(self._moved(x), axis, -1)
        places = self.xp.moveaxis(ordered, axis, -1)
        size = last.shape[-1]
        rows = tuple(last.shape[:-1])
        same = self.xp.reshape(places, (*rows, size, 1)) == self.xp.reshape(last, (*rows, 1, size))
        weight = self.xp.where(same, 1.0, 0.0)
        total = self.xp.sum(weight * self.xp.reshape(moving, (*rows, 1, size)), axis=-1) / self.xp.sum(weight, axis=-1)
        return Dual(self.xp, ordered, self.xp.moveaxis(self.xp.reshape(total, (*rows, size)), -1, axis))
