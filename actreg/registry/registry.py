"""The registry: names to activations, arrays to backends.

Requirements:

- Built once from plugins and immutable from then on; a change makes another registry.
- Loads no array library by itself: a backend is constructed when it is first needed.
- A call on an array costs one look-up by the array's type.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Self

from actreg.contracts.activation import Activation
from actreg.contracts.backend import Backend
from actreg.contracts.kernel import Kernel
from actreg.contracts.resolver import Pullback
from actreg.errors import (
    ActregError,
    BrokenPluginError,
    ConfigError,
    FieldProblem,
    InputError,
    UnknownNameError,
)
from actreg.hookspecs import PROJECT
from actreg.registry.backends import BackendTable
from actreg.registry.catalogue import Catalogue, Claim, Resolution
from actreg.registry.explain import Explanation, explain
from actreg.registry.faults import said
from actreg.registry.kernels import KernelIndex
from actreg.registry.loading import load
from actreg.registry.plugin import Plugin
from actreg.registry.sources import Origin, Source, builtin_sources, explicit_sources

KINDS = ("elementwise", "axiswise", "gated", "expanding", "projection")


class Registry:
    """An explicit registry of the given plugins.

    plugins: modules or objects with hooks, or activation classes. builtins: whether the plugins that come with the
    package are in it. prefer: name → distribution, to settle collisions.
    """

    def __init__(
        self, plugins: Iterable[Any] = (), *, builtins: bool = True, prefer: Mapping[str, str] | None = None
    ) -> None:
        sources = [*(builtin_sources() if builtins else ()), *explicit_sources(plugins)]
        self._setup([load(source) for source in sources], prefer or {})

    @classmethod
    def from_sources(cls, sources: Iterable[Source], prefer: Mapping[str, str] | None = None) -> Self:
        """A registry of sources as they were discovered."""
        return cls.from_plugins([load(source) for source in sources], prefer)

    @classmethod
    def from_plugins(
        cls, plugins: Iterable[Plugin], prefer: Mapping[str, str] | None = None, *, strict: bool = False
    ) -> Self:
        """A registry of plugins that are loaded already. strict: a kernel that fails is an error, not left out."""
        registry = cls.__new__(cls)
        registry._setup(list(plugins), prefer or {}, strict=strict)
        return registry

    def _setup(self, plugins: list[Plugin], prefer: Mapping[str, str], *, strict: bool = False) -> None:
        self._catalogue = Catalogue(plugins, prefer)
        self._kernels = KernelIndex(plugins, strict=strict)
        self._backends = BackendTable(plugins, self._kernels)
        self._plain: dict[str, Activation] = {}
        self._by_type: dict[type, Backend] = {}

    # Names.

    def names(self, kind: str | None = None, backend: str | None = None) -> list[str]:
        """Canonical names, sorted; of one kind, or those that a backend can run.

        Raises UnknownNameError for a kind or a backend that does not exist.
        """
        if kind is not None and kind not in KINDS:
            raise UnknownNameError("kind", kind, KINDS, hint=f"kinds: {', '.join(KINDS)}")
        if kind is None and backend is None:
            return self._catalogue.names()
        # Only the class knows its kind, so what is declared statically is imported here.
        kinds = self._backends.find(backend).kinds if backend is not None else frozenset(KINDS)
        return [
            name
            for name in self._catalogue.names()
            if any(cls.kind in kinds and kind in (None, cls.kind) for cls in self._catalogue.classes(name))
        ]

    def spellings(self) -> list[str]:
        """Every name that resolves, aliases included."""
        return self._catalogue.spellings()

    def claims(self, name: str) -> tuple[Claim, ...]:
        """Who claims a name; nobody for an unknown one."""
        return self._catalogue.claims(name)

    def winner(self, name: str) -> Claim | None:
        """The claim that a name leads to; None where several stand against each other. Nothing is imported."""
        return self._catalogue.winner(name)

    def claimants(self, name: str) -> list[type[Activation]]:
        """The classes that claim a name, imported where they were not; those that fail are left out."""
        return self._catalogue.classes(name)

    def plugins(self) -> tuple[Plugin, ...]:
        """Every plugin, healthy, broken or blocked, as things stand."""
        return tuple(plugin.now().failed(self._kernels.faults(plugin)) for plugin in self._catalogue.plugins)

    def resolve(self, name: str) -> Resolution:
        """How a name leads to a class; UnknownNameError, NameCollisionError or BrokenPluginError."""
        if not isinstance(name, str):
            raise InputError(f"an activation is named by a string, not {name!r}")
        return self._catalogue.resolve(name)

    def find(self, name: str) -> type[Activation]:
        """The class behind a name."""
        return self.resolve(name).activation

    def explain(self, name: str) -> Explanation:
        """How a name resolves, with the losers, and which kernel runs it on which backend."""
        return explain(self.resolve(name), self._backends, self._kernels)

    # Activations.

    def get(self, spec: Any, /, **config: Any) -> Activation:
        """An activation from a name, from ``{name: {option: value}}``, or an instance as it is.

        Raises UnknownNameError, NameCollisionError, BrokenPluginError, ConfigError.
        """
        if isinstance(spec, str):
            if config:
                return self._make(spec, config)
            if spec not in self._plain:
                # Frozen and without state of its own: one instance serves everyone.
                self._plain[spec] = self._make(spec, {})
            return self._plain[spec]
        if isinstance(spec, Activation):
            return spec.model_copy(update=config) if config else spec
        if isinstance(spec, Mapping) and len(spec) == 1:
            ((name, options),) = spec.items()
            return self._make(name, {**self._options(name, options), **config})
        raise InputError(f"an activation is a name or a mapping of one name to its options, not {spec!r}")

    def _options(self, name: Any, options: Any) -> dict[str, Any]:
        if options is None:
            return {}
        if isinstance(options, Mapping):
            return dict(options)
        info = self.resolve(name).activation.info
        if info.main is None:
            raise ConfigError(info.name, [FieldProblem("(the whole)", f"its options are a mapping, not {options!r}")])
        return {info.main: options}

    def _make(self, name: str, config: dict[str, Any]) -> Activation:
        found = self.resolve(name)
        odd = [
            FieldProblem(repr(option), "an option's name is a string") for option in config if type(option) is not str
        ]
        clash = [
            FieldProblem(option, f"{name!r} means {option}={value!r}; use {found.activation.info.name!r} to choose it")
            for option, value in found.pinned.items()
            if option in config
        ]
        if clash or odd:
            raise ConfigError(found.activation.info.name, [*odd, *clash])
        try:
            return found.activation(**{**found.defaults, **found.pinned, **config})
        except ActregError:
            raise
        except Exception as error:  # a plugin's own validator: whatever it raises is its failure
            reason = f"making it raised {said(error)}"
            raise BrokenPluginError(found.origin.distribution, found.origin.version, reason, asked=name) from error

    def blame(self, act: Activation, error: Exception, /) -> None:
        """Adds to an error that came out of a plugin's activation which distribution and version that is from."""
        owner = next((plugin.origin for plugin in self._catalogue.plugins if plugin.has(type(act))), None)
        if owner is not None and owner.distribution != PROJECT and not isinstance(error, ActregError):
            error.add_note(f"{act.info.name} comes from {owner}")

    # Backends.

    def backend_names(self) -> list[str]:
        """The names of all backends, sorted; none is loaded."""
        return self._backends.names()

    def backend_origin(self, name: str) -> Origin:
        """Which distribution a backend comes from. Raises UnknownNameError, NameCollisionError, BrokenPluginError."""
        return self._backends.claim(name)[1]

    def backend(self, name: str, /) -> Backend:
        """The backend of that name, constructed when first asked for.

        Raises UnknownNameError; MissingExtraError where its array library is not installed.
        """
        return self._backends.get(name)

    def backend_of(self, x: Any) -> Backend:
        """The backend that owns an array; InputError where none does."""
        try:
            return self._by_type[type(x)]
        except KeyError:
            found = self._by_type[type(x)] = self._backends.owner(x)
            return found

    def kernel(self, act: Activation, backend: str, device: str, dtype: str) -> Kernel | None:
        """The kernel that runs this instance there; None: the formula, interpreted. Raises KernelConflictError."""
        chosen = self._kernels.choose(act, backend, device, dtype)
        return chosen[0].kernel if chosen is not None else None

    def apply(self, act: Activation, x: Any, /, *, out: Any = None, generator: Any = None, **parameters: Any) -> Any:
        """act(x), on the backend that owns x."""
        return self.backend_of(x).apply(act, x, parameters, out=out, generator=generator)

    def derivative(self, act: Activation, x: Any, /, **parameters: Any) -> Any:
        """act'(x), elementwise."""
        return self.backend_of(x).derivative(act, x, parameters)

    def vjp(self, act: Activation, x: Any, /, *, generator: Any = None, **parameters: Any) -> tuple[Any, Pullback]:
        """act(x) and its pullback."""
        return self.backend_of(x).vjp(act, x, parameters, generator=generator)

    def layer(
        self,
        spec: Any,
        /,
        *,
        backend: str = "numpy",
        features: int | None = None,
        device: str | None = None,
        dtype: str = "float32",
        seed: int = 0,
        inplace: bool = False,
        **config: Any,
    ) -> Any:
        """An activation as a layer that owns its parameters.

        features: the size of the input's channel axis, where a parameter's size follows it. seed: of random initial
        values. inplace: the layer overwrites its input. The rest are options of the activation.
        """
        act = self.get(spec, **config)
        owner = self.backend(backend)
        return owner.layer(act, features=features, device=device, dtype=dtype, seed=seed, inplace=inplace)


def same_class(a: type, b: type) -> bool:
    """Whether b is a again, from a reloaded cell or module."""
    return (a.__module__, a.__qualname__) == (b.__module__, b.__qualname__)
