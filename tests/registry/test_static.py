"""Names declared in metadata: listed without an import, imported one by one, held to what they say."""

from __future__ import annotations

import sys
from contextlib import nullcontext
from typing import Any

import numpy as np
import pytest

import actreg

SOURCE = """
from typing import Any, ClassVar
from actreg import Alias, Backend, Bound, Elementwise, Info, Kernel

class Twice(Elementwise):
    info: ClassVar[Info] = Info(name="twice", aliases=("double",))
    def forward(self, xp: Any, x: Any) -> Any:
        return x * 2.0

class Other(Elementwise):
    info: ClassVar[Info] = Info(name="other")
    def forward(self, xp: Any, x: Any) -> Any:
        return x

LEAKIER = Alias("leakier", "leaky_relu", {"negative_slope": 0.5})
KERNEL = Kernel("twice", "numpy", lambda act, device, dtype: Bound(lambda x, out=None: x + x), "hand-written")
NUMBER = 7
def fails(*given): raise OSError("no luck")
"""
ALL = {
    "activations": "twice = :Twice\nother = :Other",
    "aliases": "double = :Twice\nleakier = :LEAKIER",
    "kernels": "numpy.twice = :KERNEL",
}


def imported(distribution: str = "good-dist") -> bool:
    """Whether the plugin's module was imported."""
    return distribution.replace("-", "_") + "_plugin" in sys.modules


def test_listing_imports_nothing_and_use_imports_it(install: Any) -> None:
    """Names, claims and spellings come from metadata; the class is imported when it is asked for."""
    install("good-dist", SOURCE, entry=None, groups=ALL)
    registry = actreg.default_registry()
    assert {"twice", "other"} <= set(registry.names())
    assert {"double", "leakier"} <= set(registry.spellings())
    assert [claim.origin.distribution for claim in registry.claims("twice")] == ["good-dist"]
    assert not imported()
    assert actreg.get("Twice")(np.array([3.0])).tolist() == [6.0]
    assert imported()
    assert actreg.get("double") == actreg.get("twice")
    assert actreg.get("leakier") == actreg.get("leaky_relu", negative_slope=0.5)


def test_a_declared_kernel_runs(install: Any) -> None:
    """It wins over the formula and is explained, with the distribution of its activation known from metadata."""
    install("good-dist", SOURCE, entry=None, groups=ALL)
    found = actreg.explain("twice")
    assert next(line.provider for line in found.kernels if line.backend == "numpy") == "hand-written"
    assert (found.distribution, found.version) == ("good-dist", "1.0")
    assert actreg.default_registry().kernel(actreg.get("twice"), "numpy", "cpu", "float64") is not None


def test_kinds_and_backends_are_asked_of_the_class(install: Any) -> None:
    """Filters import what is declared, and leave out what fails."""
    install("good-dist", SOURCE, entry=None, groups=ALL)
    install("bad-dist", "1 / 0", entry=None, groups={"activations": "worse = :Worse"})
    assert "twice" in actreg.names(kind="elementwise")
    assert "twice" not in actreg.names(kind="gated")
    assert "worse" in actreg.names()
    assert "worse" not in actreg.names(backend="numpy")


def test_static_claims_stand_for_the_whole_distribution(install: Any) -> None:
    """Its hooks are not asked as well: a listing would import them."""
    install("good-dist", SOURCE, entry="plugin", groups={"activations": "twice = :Twice"})
    assert "twice" in actreg.names()
    assert not imported()


@pytest.mark.parametrize(
    ("groups", "name", "why"),
    [
        ({"activations": "thrice = :Twice"}, "thrice", r"'thrice' in its metadata .* is really 'twice'"),
        ({"activations": "number = :NUMBER"}, "number", "no activation class"),
        ({"activations": "gone = :Gone"}, "gone", "AttributeError"),
        ({"activations": "deep = :no.such.Thing"}, "deep", "AttributeError"),
        ({"aliases": "triple = :Twice"}, "triple", "is no alias of twice"),
        ({"aliases": "worse = :LEAKIER"}, "worse", "is really 'leakier'"),
        ({"aliases": "number = :NUMBER"}, "number", r"no actreg\.Alias"),
    ],
)
def test_an_untrue_claim_is_the_plugins_failure(groups: dict[str, str], name: str, why: str, install: Any) -> None:
    """When the name is used: distribution, version, what was claimed and what is there; everything else works."""
    install("bad-dist", SOURCE, version="2.1", entry=None, groups=groups)
    registry = actreg.default_registry()
    assert name in registry.spellings()
    for _ in range(2):
        with pytest.raises(actreg.BrokenPluginError, match=why) as caught:
            registry.get(name)
        assert (caught.value.distribution, caught.value.version) == ("bad-dist", "2.1")
    (plugin,) = [p for p in registry.plugins() if p.broken]
    assert plugin.origin.distribution == "bad-dist"
    assert registry.get("relu")(np.array([-1.0])).tolist() == [0.0]


@pytest.mark.parametrize(
    ("entry", "broken"),
    [
        ("numpy.twice = :KERNEL", False),
        ("NumPy.Twice = :KERNEL", False),
        ("numpy.twice = :NUMBER", True),
        ("torch.twice = :KERNEL", False),
    ],
)
def test_a_declared_kernel_that_fails_is_left_out(entry: str, broken: bool, install: Any) -> None:
    """The formula runs then, with a warning; the plugin is broken from then on, and the trace says so."""
    install("good-dist", SOURCE, entry=None, groups={"activations": "twice = :Twice", "kernels": entry})
    told = pytest.warns(
        RuntimeWarning, match=r"good-dist 1\.0: its kernel numpy\.twice .*ACTREG_DISABLE_PLUGINS=good-dist"
    )
    with told if broken else nullcontext():
        assert actreg.get("twice")(np.array([3.0])).tolist() == [6.0]
    assert actreg.get("twice")(np.array([3.0], "float32")).tolist() == [6.0]
    assert any(p.broken for p in actreg.default_registry().plugins()) is broken
    assert any("its kernel numpy.twice" in line for line in actreg.explain("twice").unusable) is broken


def test_claims_of_two_distributions_collide_unimported(install: Any) -> None:
    """The error names both with their versions, on use; neither is imported; name@distribution settles it."""
    install("one-dist", SOURCE, version="1.5", entry=None, groups={"activations": "twice = :Twice"})
    install("two-dist", SOURCE, version="2.5", entry=None, groups={"activations": "twice = :Twice"})
    assert "twice" in actreg.names()
    with pytest.raises(actreg.NameCollisionError, match=r"one-dist 1\.5 .* and by two-dist 2\.5"):
        actreg.get("twice")
    assert not imported("one-dist")
    assert not imported("two-dist")
    assert actreg.get("twice@two-dist")(np.array([1.0])).tolist() == [2.0]
    assert imported("two-dist")
    assert not imported("one-dist")


def test_an_alias_spelt_like_its_name_hides_nothing(install: Any) -> None:
    """``tw_ice`` compares as ``twice`` does: the canonical name is listed all the same."""
    groups = {"activations": "twice = :Twice", "aliases": "T_wice = :Twice"}
    install("good-dist", SOURCE, entry=None, groups=groups)
    assert "twice" in actreg.names()
    assert actreg.get("tw_ice").info.name == "twice"


def test_an_interrupt_during_an_import_is_no_failure(install: Any) -> None:
    """Ctrl-C passes, and the next request tries again."""
    install("slow-dist", "raise KeyboardInterrupt", entry=None, groups={"activations": "slow = :Slow"})
    for _ in range(2):
        with pytest.raises(KeyboardInterrupt):
            actreg.get("slow")
    assert not any(p.broken for p in actreg.default_registry().plugins())


@pytest.mark.parametrize(("api", "advice"), [(2, "upgrade actreg"), (0, "upgrade bad-dist")])
def test_the_interface_of_what_is_declared_is_asked_for(api: int, advice: str, install: Any) -> None:
    """A module that was written for another version is explained when its name is used."""
    text = f"api = {api}\n{SOURCE}"
    install("bad-dist", text, version="2.1", entry=None, groups={"activations": "twice = :Twice"})
    with pytest.raises(
        actreg.BrokenPluginError, match=rf"bad-dist 2\.1.*version {api} of the plugin interface.*{advice}"
    ):
        actreg.get("twice")
