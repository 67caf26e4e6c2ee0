"""What a check works on: one case on one backend, device and dtype, spoken to in NumPy."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from actreg.conformance.cases import FEATURES, Case
from actreg.conformance.formats import FORMATS, Array, Format
from actreg.conformance.tables import LineTable, PointTable, table_of
from actreg.conformance.tolerance import Provider


@dataclass(frozen=True)
class Subject:
    """One cell of the matrix. Inputs are float64 arrays that are exact in the dtype; results are of the dtype.

    number: the case's place among its activation's.
    """

    case: Case
    registry: Any
    backend: str
    device: str
    dtype: str
    number: int = 0

    @property
    def representative(self) -> bool:
        """Whether this is among the few configurations on which what is slow is checked: the first three."""
        return self.number < 3

    @property
    def act(self) -> Any:
        """The instance under test."""
        return self.case.act

    @property
    def fmt(self) -> Format:
        """The dtype's format."""
        return FORMATS[self.dtype]

    @property
    def kind(self) -> str:
        """The kind of activation."""
        return str(self.act.kind)

    @cached_property
    def library(self) -> Any:
        """The backend itself."""
        return self.registry.backend(self.backend)

    @cached_property
    def kernel(self) -> Any:
        """The kernel that runs it, or None: the formula."""
        return self.registry.kernel(self.act, self.backend, self.device, self.dtype)

    @property
    def flushes(self) -> bool:
        """Whether the backend declares that subnormal numbers are, or may be, zeros to it."""
        return self.subnormals != "kept"

    @property
    def subnormals(self) -> str:
        """What the backend declares about subnormal numbers."""
        return str(self.library.subnormals(self.device, self.dtype))

    @property
    def pointwise(self) -> bool:
        """Whether every element can be judged alone: nothing runs along an axis."""
        return self.kind == "elementwise" and self.case.scalars is not None

    @property
    def provider(self) -> Provider:
        """Whose mathematics it is."""
        return "vendor" if self.kernel is not None and self.kernel.vendor else "own"

    @cached_property
    def table(self) -> PointTable | LineTable:
        """The truth."""
        return table_of(self.case)

    @cached_property
    def parameters(self) -> dict[str, Any]:
        """The parameters as the library's arrays."""
        return {name: self.native(array) for name, array in self.case.parameters.items()}

    def native(self, x: Array) -> Any:
        """An array of the library, in the dtype."""
        return self.library.from_numpy(np.asarray(x, dtype=np.float64), device=self.device, dtype=self.dtype)

    def back(self, array: Any) -> Array:
        """A NumPy array of the dtype."""
        return np.asarray(self.library.to_numpy(array))

    def value(self, x: Array) -> Array:
        """f(x)."""
        return self.back(self.native_value(self.native(x)))

    def native_value(self, x: Any, **options: Any) -> Any:
        """f of an array of the library."""
        return self.library.apply(self.act, x, self.parameters, **options)

    def derivative(self, x: Array) -> Array:
        """f'(x)."""
        return self.back(self.library.derivative(self.act, self.native(x), self.parameters))

    def pull(self, x: Array, grad: Array) -> dict[str, Array]:
        """The gradients of x and of every parameter."""
        _, pullback = self.library.vjp(self.act, self.native(x), self.parameters)
        return {name: self.back(array) for name, array in pullback(self.native(grad)).items()}

    @property
    def _axis(self) -> int:
        # A parameter that runs along an axis makes that one the line.
        if self.kind == "elementwise":
            return next((p.axis for p in self.act.parameters().values()), -1)
        return int(self.act.axis)

    def along(self, lines: Array) -> Array:
        """Lines, one a row, laid so that they run along the activation's axis."""
        if self.kind == "projection":
            return lines
        axis = self._axis
        ndim = max(2, axis + 1 if axis >= 0 else -axis)
        x = lines.reshape((len(lines),) + (1,) * (ndim - 2) + lines.shape[1:])
        return np.moveaxis(x, -1, axis)

    def as_rows(self, y: Array, count: int) -> Array:
        """The inverse of `along`, for results."""
        moved = y if self.kind == "projection" else np.moveaxis(y, self._axis, -1)
        return np.asarray(moved).reshape(count, -1)

    def sample(self, count: int = 60) -> Array:
        """Finite ordinary inputs, the same every time: of shape (count,) or one that fits the axes."""
        rng = np.random.Generator(np.random.Philox(key=count))
        if self.pointwise:
            return self.fmt.round(rng.standard_normal(count) * 4)
        return self.fmt.round(rng.standard_normal((FEATURES, FEATURES, FEATURES)) * 4)

    @cached_property
    def transforms(self) -> Any:
        """What the library does to functions."""
        return self.library.transforms()

    def points(self) -> Array:
        """Every finite input of the table that the dtype holds; ordinary inputs where points can't be judged alone."""
        if not self.pointwise or not isinstance(self.table, PointTable):
            return self.sample()
        return np.asarray(self.table.inputs[self.table.within(self.dtype) & np.isfinite(self.table.inputs)])

    def misfit(self) -> int | None:
        """A size that the axis can't have; None where it can have any."""
        if self.kind == "gated":
            return 7
        for size in range(1, 40):
            try:
                self.act.output_size(size)
            except ValueError:
                return size
            except AttributeError:
                return None
        return None

    def lines(self, count: int) -> Array:
        """Finite ordinary lines of `FEATURES` elements, the same every time: of shape (count, FEATURES)."""
        rng = np.random.Generator(np.random.Philox(key=count))
        return self.fmt.round(rng.standard_normal((count, FEATURES)) * 4)
