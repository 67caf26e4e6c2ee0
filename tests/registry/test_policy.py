"""The environment lets plugins in, keeps them out, or insists that all are healthy."""

from __future__ import annotations

import json
import sys
from typing import Any

import pytest

import actreg
from actreg.registry.policy import Policy

TWICE = """
from typing import Any, ClassVar
from actreg import Elementwise, Info, hookimpl

class Twice(Elementwise):
    info: ClassVar[Info] = Info(name="{name}")
    def forward(self, xp: Any, x: Any) -> Any:
        return x * 2.0

@hookimpl
def actreg_activations():
    return [Twice]
"""


def plugin(name: str) -> str:
    """A healthy plugin with one activation."""
    return TWICE.format(name=name)


@pytest.mark.parametrize(
    ("environment", "there", "away"),
    [
        ({}, {"one", "two"}, set()),
        ({"ACTREG_PLUGINS": ""}, set(), {"one", "two"}),
        ({"ACTREG_PLUGINS": "dist_ONE"}, {"one"}, {"two"}),
        ({"ACTREG_PLUGINS": "dist-one, dist.two"}, {"one", "two"}, set()),
        ({"ACTREG_DISABLE_PLUGINS": "dist-two"}, {"one"}, {"two"}),
        ({"ACTREG_DISABLE_PLUGINS": "Dist_Three"}, {"one", "two"}, {"three"}),
        ({"ACTREG_PLUGINS": "Dist_Three"}, {"three"}, {"one", "two"}),
        ({"ACTREG_PLUGINS": "dist-one", "ACTREG_DISABLE_PLUGINS": "Dist.One"}, set(), {"one", "two"}),
    ],
)
def test_plugins_are_let_in_by_distribution(
    environment: dict[str, str], there: set[str], away: set[str], install: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An allow-list, a block-list, the latter winning; what is blocked is not imported, and relu is always there."""
    install("dist-one", plugin("one"))
    install("dist-two", plugin("two"))
    install("Dist_Three", plugin("three"))
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    names = set(actreg.names())
    assert there <= names
    assert not away & names
    assert "relu" in names
    for name in away:
        assert (
            f"{'Dist' if name == 'three' else 'dist'}_{name.capitalize() if name == 'three' else name}_plugin"
            not in sys.modules
        )


def test_asking_for_what_is_blocked_says_so(install: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """Names declared in metadata are known although their plugin is blocked; otherwise blocked plugins are named."""
    install("dist-one", plugin("one"), entry=None, groups={"activations": "one = :Twice"})
    install("dist-two", plugin("two"))
    monkeypatch.setenv("ACTREG_DISABLE_PLUGINS", "dist-one dist-two")
    with pytest.raises(actreg.UnknownNameError, match=r"dist-one 1\.0 has it and is blocked: ACTREG_DISABLE_PLUGINS"):
        actreg.get("one")
    with pytest.raises(actreg.UnknownNameError, match=r"blocked, and may have it: dist-two 1\.0\)"):
        actreg.get("two")


def test_a_misspelt_allow_list_is_not_silent(install: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """A distribution that is let in by name and not installed is listed as missing, with a suggestion."""
    install("dist-one", plugin("one"))
    monkeypatch.setenv("ACTREG_PLUGINS", "dist-onne")
    (missing,) = [p for p in actreg.default_registry().plugins() if p.state == "missing"]
    assert missing.origin.distribution == "dist-onne"
    assert "did you mean 'dist-one'?" in missing.reason


def test_strict_mode_makes_a_broken_plugin_an_error(install: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """Every broken one is named with its version and cause; a blocked one is none; without it the host goes on."""
    install("bad-one", "raise OSError('no disk')", version="3.1")
    install("bad-two", "1 / 0")
    install("dist-one", plugin("one"))
    assert "one" in actreg.names()
    actreg.registry.reset()
    monkeypatch.setenv("ACTREG_STRICT", "1")
    with pytest.raises(actreg.BrokenPluginError, match=r"bad-one 3\.1.*no disk.*bad-two 1\.0: ZeroDivisionError"):
        actreg.get("one")
    monkeypatch.setenv("ACTREG_DISABLE_PLUGINS", "bad-one,bad-two")
    assert actreg.get("one").info.name == "one"


def test_strict_says_yes_or_no(monkeypatch: pytest.MonkeyPatch) -> None:
    """Anything else is an error that names the variable."""
    assert Policy.of({"ACTREG_STRICT": "TRUE"}).strict
    assert not Policy.of({"ACTREG_STRICT": "0"}).strict
    with pytest.raises(actreg.ConfigError, match="ACTREG_STRICT"):
        Policy.of({"ACTREG_STRICT": "maybe"})


def test_the_package_itself_can_be_disabled(monkeypatch: pytest.MonkeyPatch) -> None:
    """The shown name is the one that can be blocked, for what comes with the package too."""
    monkeypatch.setenv("ACTREG_DISABLE_PLUGINS", "actreg")
    actreg.registry.reset()
    try:
        assert "relu" not in actreg.names()
    finally:
        monkeypatch.delenv("ACTREG_DISABLE_PLUGINS")
        actreg.registry.reset()


STATIC = {
    "activations": "worse = :Worse",
    "aliases": "other = :OTHER",
    "backends": "mine = :Mine",
    "kernels": "numpy.relu = :KERNEL",
}


@pytest.mark.parametrize("group", STATIC)
def test_strict_mode_sees_what_is_only_declared(group: str, install: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """What would be found broken at its first use is an error at once; without strict mode nothing is imported."""
    install("late-dist", "raise OSError('too late')", version="2.0", entry=None, groups={group: STATIC[group]})
    assert actreg.get("relu").info.name == "relu"
    assert "late_dist_plugin" not in sys.modules
    actreg.registry.reset()
    monkeypatch.setenv("ACTREG_STRICT", "1")
    with pytest.raises(actreg.BrokenPluginError, match=r"late-dist 2\.0.*too late"):
        actreg.get("relu")


def test_an_alias_that_two_claim_is_listed_as_such(install: Any, capsys: pytest.CaptureFixture[str]) -> None:
    """`actreg list` works, says who claims it, and shows the alias beside no activation."""
    from actreg.cli.app import execute

    install(
        "one-dist",
        "from actreg import Alias, hookimpl\n@hookimpl\ndef actreg_aliases(): return [Alias('swish', 'silu')]",
    )
    assert execute(["list"]) == 0
    assert "unusable: swish of one-dist 1.0: claimed 2 times: ask for swish@one-dist" in capsys.readouterr().err
    assert execute(["list", "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert [entry["aliases"] for entry in found["activations"] if entry["name"] == "silu"] == [[]]
    assert {entry["distribution"] for entry in found["unusable"]} == {f"actreg {actreg.__version__}", "one-dist 1.0"}
