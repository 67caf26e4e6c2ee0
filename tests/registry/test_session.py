"""Notebook use: actreg.register."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, ClassVar

import numpy as np
import pytest

import actreg
from actreg import Elementwise, Info


@pytest.fixture(autouse=True)
def fresh_session() -> Iterator[None]:
    """What a test registers goes with it."""
    actreg.registry.reset()
    yield
    actreg.registry.reset()


def cell(factor: float) -> type[Elementwise]:
    """What a notebook cell does when it runs."""

    class Scaled(Elementwise):
        """x times a factor."""

        info: ClassVar[Info] = Info(name="scaled")

        def forward(self, xp: Any, x: Any) -> Any:
            return x * factor

    return Scaled


def test_running_a_cell_again_replaces_the_class() -> None:
    """The same class again is no collision."""
    for factor in (2.0, 3.0):
        cls = actreg.register(cell(factor))
        assert cls.__name__ == "Scaled"
        assert actreg.get("scaled")(np.array([1.0])).tolist() == [factor]
    assert [p.origin.distribution for p in actreg.default_registry().plugins()].count("session") == 1


def test_a_session_cannot_hijack_a_builtin_silently() -> None:
    """The name is ambiguous, and relu@session chooses."""

    @actreg.register
    class Mine(Elementwise):
        """Not the ReLU."""

        info: ClassVar[Info] = Info(name="relu")

        def forward(self, xp: Any, x: Any) -> Any:
            return -x

    with pytest.raises(actreg.NameCollisionError, match="session"):
        actreg.get("relu")
    assert actreg.get("relu@session")(np.array([1.0])).tolist() == [-1.0]
    assert Mine is actreg.default_registry().find("relu@session")


@pytest.mark.parametrize("thing", [3, object, "relu", Elementwise])
def test_only_activations_can_be_registered(thing: Any) -> None:
    """The error says what it takes, and nothing changed."""
    before = actreg.names()
    with pytest.raises(actreg.DefinitionError):
        actreg.register(thing)
    assert actreg.names() == before
