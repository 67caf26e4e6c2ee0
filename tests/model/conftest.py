"""A registry with the built-in activations and a few that only shapes and errors need."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ClassVar, Literal

import pytest
from pydantic import Field

from actreg.contracts.config import Finite
from actreg.contracts.info import Info, Laws
from actreg.contracts.kinds import Axiswise, Elementwise, Expanding, Gated
from actreg.contracts.param import FEATURES, Constant, Param
from actreg.errors import SpecError
from actreg.model import ModelSpec, read_spec
from actreg.registry import Registry

HEAD = "actreg: 1\ninput: [8]\n"


class Halver(Gated):
    """Halves an axis."""

    info: ClassVar[Info] = Info(name="halver")
    gate: Literal["first", "second", "interleaved"] = Field("first", description="which half is the gate")

    def forward(self, xp: Any, a: Any, b: Any) -> Any:
        """a·b."""
        return a * b

    def pullback(self, xp: Any, a: Any, b: Any, grad: Any) -> Any:
        """The product rule."""
        return {"a": grad * b, "b": grad * a}


class Doubler(Expanding):
    """Doubles an axis, and says that it makes nothing of five."""

    info: ClassVar[Info] = Info(name="doubler")

    def forward(self, xp: Any, x: Any) -> Any:
        """x beside x."""
        return xp.concat([x, x])

    def pullback(self, xp: Any, x: Any, y: Any, grad: Any) -> Any:
        """Unused here."""
        return {"x": x}

    def output_size(self, size: int) -> int:
        """Twice the size."""
        if size == 5:
            raise ValueError("five cannot be doubled")
        return 2 * size


class Learned(Elementwise):
    """One or many learned scales."""

    info: ClassVar[Info] = Info(name="learned", main="count")
    count: int = Field(0, description="parameters; 0: one a feature")
    axis: int = Field(1, description="where they run")

    def forward(self, xp: Any, x: Any, weight: Any) -> Any:
        """weight·x."""
        return weight * x

    def parameters(self) -> dict[str, Param]:
        """The scales."""
        return {"weight": Param((self.count or FEATURES,), Constant(0.5), self.axis)}


class Weighed(Axiswise):
    """Three learned numbers, which run along nothing."""

    info: ClassVar[Info] = Info(name="weighed")

    def forward(self, xp: Any, x: Any, weight: Any) -> Any:
        """Their sum times x."""
        return xp.sum(weight) * x

    def pullback(self, xp: Any, x: Any, y: Any, grad: Any, weight: Any) -> Any:
        """Unused here."""
        return {"x": grad, "weight": weight}

    def parameters(self) -> dict[str, Param]:
        """The three."""
        return {"weight": Param((3,), Constant(0.5))}


class Faulty(Elementwise):
    """Its author's code fails."""

    info: ClassVar[Info] = Info(name="faulty")
    where: str = Field("parameters", description="which method fails")
    strength: Finite = Field(1.0, description="a number")

    def forward(self, xp: Any, x: Any) -> Any:
        """The identity."""
        return x

    def parameters(self) -> dict[str, Param]:
        """Fails on request."""
        if self.where == "parameters":
            raise ZeroDivisionError("oh\nno")
        return {}

    def laws(self) -> Laws:
        """Fails on request."""
        if self.where == "laws":
            raise RuntimeError("no laws")
        return Laws()


class Dropout(Elementwise):
    """An activation with the name of a layer."""

    info: ClassVar[Info] = Info(name="dropout")

    def forward(self, xp: Any, x: Any) -> Any:
        """The identity."""
        return x


@pytest.fixture(scope="session")
def registry() -> Registry:
    """The built-in activations, and those above."""
    return Registry([Halver, Doubler, Learned, Weighed, Faulty, Dropout])


@pytest.fixture
def read(registry: Registry) -> Callable[..., ModelSpec]:
    """`read_spec` with that registry."""
    return lambda spec, **options: read_spec(spec, registry=registry, **options)


@pytest.fixture
def layers(read: Callable[..., ModelSpec]) -> Callable[..., ModelSpec]:
    """A spec from a flow list of layers, on an input of the given shape."""
    return lambda text, shape="[8]": read(f"actreg: 1\ninput: {shape}\nlayers: {text}\n")


@pytest.fixture
def mistakes(read: Callable[..., ModelSpec]) -> Callable[..., list[str]]:
    """What is wrong with a spec, one string each: ``line:column: message``."""

    def find(spec: Any, **options: Any) -> list[str]:
        try:
            read(spec, **options)
        except SpecError as error:
            return [f"{d.line}:{d.column}: {d.message}" for d in error.diagnostics]
        return []

    return find
