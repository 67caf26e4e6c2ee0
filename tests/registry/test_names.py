"""Names: normalised, colliding, aliased, preferred, unknown."""

from __future__ import annotations

from typing import Any, ClassVar

import numpy as np
import pytest

import actreg
from actreg import Alias, Elementwise, Info, Registry


def activation(name: str, factor: float, aliases: tuple[str, ...] = ()) -> type[Elementwise]:
    """An activation class of that name; its module tells two of them apart."""

    class Made(Elementwise):
        """x times a factor."""

        info: ClassVar[Info] = Info(name=name, aliases=aliases)

        def forward(self, xp: Any, x: Any) -> Any:
            return x * factor

    return Made


class Plugin:
    """A plugin of given declarations, under a distribution's name."""

    def __init__(self, *activations: Any, aliases: tuple[Alias, ...] = ()) -> None:
        self.activations, self.aliases = activations, aliases

    @actreg.hookimpl
    def actreg_activations(self) -> list[Any]:
        return list(self.activations)

    @actreg.hookimpl
    def actreg_aliases(self) -> list[Alias]:
        return list(self.aliases)


class First(Plugin):
    """One distribution."""

    __version__ = "1.0"


class Second(Plugin):
    """Another."""

    __version__ = "2.5"


@pytest.mark.parametrize(
    "spelling", ["leaky_relu", "LeakyReLU", "leaky-relu", "lrelu", "torch:leaky_relu", "torch:nn.LeakyReLU"]
)
def test_every_spelling_leads_to_the_class(spelling: str) -> None:
    """Canonical, normalised, alias, another framework's."""
    assert actreg.get(spelling) == actreg.get("leaky_relu")


@pytest.mark.parametrize(
    ("name", "canonical", "config"),
    [
        ("keras:leaky_relu", "leaky_relu", {"negative_slope": 0.2}),
        ("keras:LeakyReLU", "leaky_relu", {"negative_slope": 0.3}),
        ("tensorflow:leaky_relu", "leaky_relu", {"negative_slope": 0.2}),
        ("flax:PReLU", "prelu", {"init": 0.01}),
        ("swish", "silu", {}),
    ],
)
def test_a_frameworks_name_carries_its_defaults(name: str, canonical: str, config: dict[str, float]) -> None:
    """As measured in those frameworks; they are defaults, so they can be overridden."""
    assert actreg.get(name) == actreg.get(canonical, **config)
    for option in config:
        assert actreg.get(name, **{option: 0.5}) == actreg.get(canonical, **{option: 0.5})


def test_a_bare_alias_is_its_parameters() -> None:
    """Giving them again is an error that names the canonical activation. Whose alias it is stands in the trace."""
    registry = Registry(plugins=[First(aliases=(Alias("half_leaky", "leaky_relu", {"negative_slope": 0.5}),))])
    assert registry.get("half_leaky") == registry.get("leaky_relu", negative_slope=0.5)
    trace = registry.explain("half_leaky").lines()[0]
    assert trace == "half_leaky (First 1.0) -> leaky_relu with negative_slope=0.5"
    with pytest.raises(actreg.ConfigError, match=r"'half_leaky' means negative_slope=0.5; use 'leaky_relu'"):
        registry.get("half_leaky", negative_slope=0.1)


def test_all_builtin_aliases_lead_somewhere() -> None:
    """Each resolves and constructs, given the options that have no default."""
    registry = actreg.default_registry()
    for name in registry.spellings():
        found = registry.resolve(name)
        needed = {"gate": "first"} if found.activation.model_fields.get("gate") else {}
        options = {option: value for option, value in needed.items() if option not in found.pinned}
        assert registry.get(name, **options).info.name in registry.names()


def test_two_claims_are_an_error_only_when_the_name_is_used() -> None:
    """Both sides are named; listing works; name@distribution and prefer settle it; order does not."""
    one, two = First(activation("twin", 1.0)), Second(activation("twin", 2.0))
    for plugins in ([one, two], [two, one]):
        registry = Registry(plugins=plugins)
        assert "twin" in registry.names()
        with pytest.raises(
            actreg.NameCollisionError,
            match=r"First 1\.0 .* by Second 2\.5 .*ask for twin@First or twin@Second, or say prefer: \{twin: First\}",
        ) as caught:
            registry.get("twin")
        assert len(caught.value.claims) == 2
        assert registry.get("twin@Second").forward(None, 1.0) == 2.0  # type: ignore[attr-defined]
        preferring = Registry(plugins=plugins, prefer={"Twin": "first"})
        assert preferring.get("twin").forward(None, 1.0) == 1.0  # type: ignore[attr-defined]
        explanation = preferring.explain("twin")
        assert explanation.distribution == "First"
        assert explanation.file == __file__
        assert any("Second 2.5" in loser for loser in explanation.losers)


def test_a_plugin_cannot_hijack_a_builtin() -> None:
    """An unrelated package's relu makes the name ambiguous; it never wins silently."""
    registry = Registry(plugins=[First(activation("relu", 9.0))])
    with pytest.raises(actreg.NameCollisionError, match="actreg 0"):
        registry.get("ReLU")
    assert registry.get("relu@actreg") == actreg.get("relu")


def test_an_unknown_distribution_is_an_error() -> None:
    """With the claimant suggested."""
    with pytest.raises(actreg.UnknownNameError, match=r"unknown distribution 'actrge'; did you mean 'actreg'"):
        actreg.get("relu@actrge")


def test_the_same_class_from_two_plugins_is_no_collision() -> None:
    """A re-export is the same thing."""
    cls = activation("shared", 3.0)
    assert Registry(plugins=[First(cls), Second(cls)]).find("shared") is cls


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("relo", "did you mean 'relu'"),
        ("sofmax", "did you mean 'softmax'"),
        ("keras:leaky_rely", "did you mean 'keras:leaky_relu'"),
        ("xyzzy", "unknown activation 'xyzzy'"),
    ],
)
def test_an_unknown_name_is_met_with_a_suggestion(name: str, words: str) -> None:
    """did you mean 'x'?"""
    with pytest.raises(actreg.UnknownNameError, match=words):
        actreg.get(name)


def test_a_ring_of_aliases_is_an_error() -> None:
    """Not an endless loop."""
    registry = Registry(plugins=[First(aliases=(Alias("ping", "pong"), Alias("pong", "ping")))])
    with pytest.raises(actreg.UnknownNameError, match="ring"):
        registry.get("ping")


def test_an_alias_without_a_target_names_itself() -> None:
    """The error says which alias led there."""
    registry = Registry(plugins=[First(aliases=(Alias("shortcut", "nowhere"),))])
    with pytest.raises(actreg.UnknownNameError, match=r"'nowhere'.*'shortcut' stands for"):
        registry.get("shortcut")


@pytest.mark.parametrize("spec", [3, None, ["relu"], {}, {"relu": {}, "elu": {}}, {3: {}}])
def test_what_names_no_activation_is_refused(spec: Any) -> None:
    """The error shows what was given."""
    with pytest.raises(actreg.ActregError, match=r"relu|3|None|a name|named"):
        actreg.get(spec)


@pytest.mark.parametrize(
    ("spec", "config"),
    [
        ({"leaky_relu": {"negative_slope": 0.1}}, {"negative_slope": 0.1}),
        ({"leaky_relu": 0.1}, {"negative_slope": 0.1}),
        ({"leaky_relu": None}, {}),
        ({"LeakyReLU": {}}, {}),
    ],
)
def test_the_yaml_form_is_understood(spec: Any, config: dict[str, float]) -> None:
    """A mapping of one name to its options, to its main option, or to nothing."""
    assert actreg.get(spec) == actreg.get("leaky_relu", **config)


def test_the_name_of_an_option_is_a_string() -> None:
    """YAML's keys can be numbers."""
    with pytest.raises(actreg.ConfigError, match="relu: 3: an option's name is a string"):
        actreg.get({"relu": {3: 1.0}})


def test_names_can_be_narrowed() -> None:
    """By kind and by backend; unknown ones are errors."""
    assert Registry().names(kind="axiswise") == ["log_softmax", "softmax"]
    assert Registry().names(backend="numpy") == Registry().names()
    with pytest.raises(actreg.UnknownNameError, match="did you mean 'elementwise'"):
        actreg.names(kind="elementwize")
    with pytest.raises(actreg.UnknownNameError, match="did you mean 'numpy'"):
        actreg.names(backend="nunpy")


def test_a_registry_without_builtins_is_empty() -> None:
    """For embedding."""
    assert Registry(builtins=False).names() == []
    cls = activation("lonely", 1.0)
    registry = Registry(plugins=[cls], builtins=False)
    assert registry.names() == ["lonely"]
    with pytest.raises(actreg.InputError, match="no backend"):
        registry.apply(registry.get("lonely"), np.zeros(1))
