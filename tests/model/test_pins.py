"""`requires` and `prefer`: what is installed, and whose name is meant."""

from __future__ import annotations

from collections.abc import Callable
from importlib import metadata
from pathlib import Path
from typing import Any, ClassVar

import pytest

from actreg import hookimpl
from actreg.contracts.info import Info
from actreg.contracts.kinds import Elementwise
from actreg.errors import SpecError
from actreg.model import open_model, plan_of, read_spec, save
from actreg.model.provenance import provenance
from actreg.registry import Registry
from actreg.version import __version__

HEAD = "actreg: 1\ninput: [8]\nlayers: [relu]\n"

# What is written on line 4, where, and what must be said; nothing where all is well.
PINS = [
    (f"requires: {{actreg: '=={__version__}', pyyaml: '>=6', PyYAML: '<100'}}", 0, ""),
    ("requires: {actreg: '>=99'}", 20, f"requires: actreg >=99 is needed, {__version__} is installed: pip install"),
    ("requires: {pyyaml: '<1, >0'}", 20, "pip install 'pyyaml<1,>0'"),
    ("requires: {pyyamll: '>=1'}", 12, "pyyamll is not installed: pip install 'pyyamll>=1'; did you mean 'PyYAML'"),
    ("requires: {pyyaml: 6}", 20, "requires: pyyaml: a range of versions, like '>=0.1', not 6"),
    ("requires: {pyyaml: '6'}", 20, "'6' is no range of versions"),
    ("requires: {'a b': '>=6'}", 12, "'a b' is no name of a distribution"),
    ("requires: [pyyaml]", 11, "requires is a mapping of distributions to versions"),
    ("prefer: [relu]", 9, "prefer is a mapping of names to distributions"),
    ("prefer: {relu: actreg}", 0, ""),
    ("prefer: {relu: nobody}", 16, "nobody"),
    ("prefer: {reluu: actreg}", 10, "did you mean 'relu'"),
    ("prefer: {relu: 3}", 16, "prefer: relu: the name of a distribution, not 3"),
    ("prefer: {relu@actreg: actreg}", 10, "says its distribution already"),
]


@pytest.mark.parametrize(("text", "column", "fragment"), PINS, ids=[text for text, *_ in PINS])
def test_pins(mistakes: Callable[..., list[str]], text: str, column: int, fragment: str) -> None:
    """What is installed is met or reported where it is pinned, with what to do."""
    found = mistakes(f"{HEAD}{text}\n")
    assert len(found) == bool(column), found
    if column:
        assert found[0].startswith(f"4:{column}: "), found
        assert fragment in found[0]


def test_a_pin_needs_no_import(mistakes: Callable[..., list[str]]) -> None:
    """The version is the installed metadata's, of a distribution that no registry has loaded."""
    torch = metadata.version("torch") if any(d.name == "torch" for d in metadata.distributions()) else None
    found = mistakes(f"{HEAD}requires: {{torch: '>=99'}}\n")
    assert len(found) == 1
    assert (f"{torch} is installed" if torch else "torch is not installed") in found[0]


class First:
    """A plugin whose distribution goes by the name of its class."""

    def __init__(self) -> None:
        class Wave(Elementwise):
            """x."""

            info: ClassVar[Info] = Info(name="wave")

            def forward(self, xp: Any, x: Any) -> Any:
                """x."""
                return x

        self.cls = Wave

    @hookimpl
    def actreg_activations(self) -> list[type]:
        """The one activation."""
        return [self.cls]


class Second(First):
    """Another of the same name."""


def test_prefer_settles_a_collision() -> None:
    """Unsettled it is an error; settled, every spelling of the name means the one, unless it says another."""
    plugins = [First(), Second()]
    registry = Registry(plugins)
    with pytest.raises(SpecError, match="is claimed by"):
        read_spec(HEAD.replace("relu", "wave"), registry=registry)
    for one, other in (plugins, plugins[::-1]):
        names = f"wave, act: WAVE, wave@{type(other).__name__}"
        text = HEAD.replace("relu", names) + f"prefer: {{wave: {type(one).__name__}}}\n"
        nodes = plan_of(read_spec(text, registry=registry)).nodes
        assert [type(node.activation) for node in nodes] == [one.cls, one.cls, other.cls]


def test_a_weight_file_settles_its_own_collisions(tmp_path: Path) -> None:
    """By the spec in it; without `prefer` it says how."""
    plugins = [First(), Second()]
    registry = Registry(plugins)
    spec = read_spec(HEAD.replace("relu", "wave") + "prefer: {wave: Second}\n", registry=registry)
    plan = plan_of(spec)
    path = tmp_path / "w.safetensors"
    save(path, spec, plan, {}, provenance(plan, registry, "numpy"))
    model = open_model(path, registry=registry)
    assert [type(node.activation) for node in model.plan.nodes] == [plugins[1].cls]
