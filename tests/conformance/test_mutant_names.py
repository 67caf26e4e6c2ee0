"""The suite bites: wrong configurations, names and plugins are caught, each by the check that should catch it."""

from __future__ import annotations

import sys
import textwrap
from collections.abc import Iterator
from pathlib import Path
from typing import Any, ClassVar

import pytest
from pydantic import Field, field_validator

import actreg
from actreg import Alias, Elementwise, Gated, Info
from actreg.conformance import check
from actreg.formula import interpret

SOFTMAX = actreg.Registry().find("softmax")
LEAKY = actreg.Registry().find("leaky_relu")


def mutant(base: Any, doc: str, **members: Any) -> Any:
    """A class that differs from its base in these members, under a name of its own unless it is given one."""
    return type("Mutant", (base,), {"__doc__": doc, "__module__": __name__, "info": base.info, **members})


class Plain(Elementwise):
    """slope·x."""

    info: ClassVar[Info] = Info(name="plain", aliases=("straight",))
    slope: float = Field(2.0, description="the slope", ge=0.5, examples=[3.0])
    shift: float = Field(0.0, description="of no use", examples=[0.0])

    def forward(self, xp: Any, x: Any) -> Any:
        return self.slope * x

    def derivative(self, xp: Any, x: Any) -> Any:
        return self.slope + 0.0 * xp.where(x == x, 0.0, 0.0)

    def reference(self, mp: Any, x: Any) -> Any:
        return mp.mpf(self.slope) * x


def _absolute(cls: Any, value: float) -> float:
    return abs(value)


def _unsigned() -> Any:
    return mutant(Plain, "-0.0 becomes 0.0.", positive=field_validator("shift")(classmethod(_absolute)))


class Loose(Plain):
    """The schema has no bound."""

    info: ClassVar[Info] = Info(name="loose")

    @classmethod
    def model_json_schema(cls, *args: Any, **kwargs: Any) -> dict[str, Any]:
        found = super().model_json_schema(*args, **kwargs)
        for part in found["properties"].values():
            part["type"] = "string"
        return found


class Typeless(Plain):
    """The schema is none."""

    info: ClassVar[Info] = Info(name="typeless")

    @classmethod
    def model_json_schema(cls, *args: Any, **kwargs: Any) -> dict[str, Any]:
        found = super().model_json_schema(*args, **kwargs)
        found["properties"]["slope"]["type"] = "real"
        return found


class Backwards(Gated):
    """It looks at `gate` itself, which the host has done already."""

    info: ClassVar[Info] = Info(name="backwards")

    def forward(self, xp: Any, a: Any, b: Any) -> Any:
        return a * xp.sigmoid(b) if self.gate == "second" else b * xp.sigmoid(a)

    def pullback(self, xp: Any, a: Any, b: Any, grad: Any) -> dict[str, Any]:
        s, slope = xp.sigmoid_pair(a)
        return {"a": grad * b * slope, "b": grad * s}

    def reference(self, mp: Any, a: Any, b: Any) -> Any:
        return b / (1 + mp.exp(-a))


class Taken(Plain):
    """A name that is another's."""

    info: ClassVar[Info] = Info(name="plain2", aliases=("silu",))


def _shifting(self: Any, xp: Any, x: Any) -> Any:
    return SOFTMAX.forward(self, xp, x) * (1.0 + 1e-4 * xp.max(x))


class Plugin:
    """An activation with aliases."""

    def __init__(self, cls: Any, *aliases: Alias) -> None:
        self.cls, self.aliases = cls, aliases

    @actreg.hookimpl
    def actreg_activations(self) -> list[Any]:
        """It."""
        return [self.cls]

    @actreg.hookimpl
    def actreg_aliases(self) -> list[Alias]:
        """Them."""
        return list(self.aliases)


CLASSES = [
    (_unsigned(), "config zeros"),
    (Loose, "config schema"),
    (Typeless, "config schema"),
    (Backwards, "gates"),
    (Taken, "collisions"),
    (mutant(SOFTMAX, "A shift changes it.", forward=_shifting), "shift"),
]


@pytest.mark.parametrize(("cls", "by"), CLASSES, ids=lambda v: v if isinstance(v, str) else v.__doc__)
def test_a_wrong_class_is_caught(cls: Any, by: str) -> None:
    """By the check that should catch it."""
    assert [r for r in check(cls, actreg.Registry(), ["numpy"], ["float32"], [by]) if r.verdict == "fail"]


def test_the_honest_class_passes() -> None:
    """What catches a mutant lets its twin through."""
    names = [
        "config zeros",
        "config schema",
        "config refusals",
        "collisions",
        "aliases",
        "names differ",
        "order of plugins",
    ]
    assert [r.explain() for r in check(Plain, actreg.Registry(), ["numpy"], ["float32"], names) if not r.ok] == []


def test_an_alias_that_changes_nothing_is_caught() -> None:
    """Two names that claim different options compute the same."""
    registry = actreg.Registry(plugins=[Plugin(Plain, Alias("other:plain", "plain", {"shift": 1.0}))])
    (record,) = check("plain", registry, ["numpy"], ["float32"], ["names differ"])
    assert record.verdict == "fail"
    assert "other:plain" in record.reason


def test_an_alias_that_differs_is_none() -> None:
    """gelu_tanh's case: the options that the name brings matter."""
    registry = actreg.Registry(plugins=[Plugin(Plain, Alias("other:plain", "plain", {"slope": 2.0 + 2**-40}))])
    assert check("plain", registry, ["numpy"], ["float32"], ["names differ", "aliases"])[0].ok


def test_an_alias_that_loses_its_options_is_caught() -> None:
    """What the instance writes does not read back."""

    class Forgetful(Plain):
        info: ClassVar[Info] = Info(name="plain")

        def as_config(self) -> Any:
            return {self.info.name: {}}

    registry = actreg.Registry(plugins=[Plugin(Forgetful, Alias("other:plain", "plain", {"slope": 3.0}))])
    (record,) = check("plain", registry, ["numpy"], ["float32"], ["aliases"])
    assert record.verdict == "fail"


def test_what_the_order_of_plugins_decides_is_caught() -> None:
    """A registry that lets the first plugin win."""

    class First(actreg.Registry):
        def find(self, name: str) -> Any:
            for plugin in self.plugins():
                for cls in plugin.activations:
                    if cls.info.name == name:
                        return cls
            return super().find(name)

    class Other(Plain):
        info: ClassVar[Info] = Info(name="plain")

    registry = First(plugins=[Plain, Other], builtins=True)
    records = check(Plain, registry, ["numpy"], ["float32"], ["order of plugins", "collisions"])
    assert {r.check: r.verdict for r in records}["collisions"] == "fail"


@pytest.fixture
def package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """A module with an address, written to a folder on the path."""
    monkeypatch.syspath_prepend(str(tmp_path))
    yield lambda name, text: (tmp_path / f"{name}.py").write_text(textwrap.dedent(text)) and name
    for name in ("heavy_plugin", "shifty_plugin"):
        sys.modules.pop(name, None)


PLAIN = """
    {imports}
    from typing import Any, ClassVar
    from pydantic import Field
    from actreg import Elementwise, Info

    class Act(Elementwise):
        info: ClassVar[Info] = Info(name="addressed")
        slope: float = Field(2.0, description="the slope")

        def forward(self, xp, x):
            return {slope} * x

        def reference(self, mp, x):
            return 2 * x
"""


def test_a_plugin_that_imports_an_array_library_is_caught(package: Any) -> None:
    """In a fresh process."""
    import importlib

    package("heavy_plugin", PLAIN.format(imports="import numpy", slope="self.slope"))
    cls = importlib.import_module("heavy_plugin").Act
    (record,) = check(cls, actreg.Registry(), ["numpy"], ["float32"], ["import cost"])
    assert record.verdict == "fail"
    assert "numpy" in record.reason


def test_what_computes_otherwise_in_a_fresh_process_is_caught(package: Any) -> None:
    """Its constant hangs on the process."""
    import importlib

    slope = "(self.slope if 'pytest' in __import__('sys').modules else 3.0)"
    package("shifty_plugin", PLAIN.format(imports="", slope=slope))
    cls = importlib.import_module("shifty_plugin").Act
    found = check(cls, actreg.Registry(), ["numpy"], ["float32"], ["config in a fresh process", "import cost"])
    assert {r.check: r.verdict for r in found} == {"config in a fresh process": "fail", "import cost": "pass"}


def test_gates_are_split_by_the_host() -> None:
    """Of the honest twin of `Backwards`: interpret.split gives gate and value."""
    assert interpret.split(actreg.get("glu", gate="second"), _Row()) == ((2, 4), (0, 2))


class _Row:
    shape = (4,)

    def __getitem__(self, index: Any) -> tuple[int, int]:
        return index[1].start or 0, index[1].stop or 4
