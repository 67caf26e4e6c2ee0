"""A file, a text or a mapping to a `ModelSpec`, or one SpecError with everything that is wrong.

Requirements:

- All mistakes of syntax, grammar, options, shapes and in-place use are found in one run.
- Whatever is read, however broken or hostile: a ModelSpec or a SpecError, nothing else.
- Imports no array library.
"""

from __future__ import annotations

import gc
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, Final, cast

from actreg.errors import suggest
from actreg.model import sections
from actreg.model.blocks import Library
from actreg.model.catalogue import Catalogue, Lookups, default_catalogue
from actreg.model.containers import WORDS
from actreg.model.given import MAPPING, Given, at_start, given_of
from actreg.model.includes import Includer, without_marks
from actreg.model.kinds import KINDS
from actreg.model.layers import LayerReader
from actreg.model.pins import check_requires, read_prefer
from actreg.model.places import Problems, Source, TooManyError
from actreg.model.plain import NotPlainError, to_text
from actreg.model.plan import check_uncalled, make_plan
from actreg.model.reader import read_value
from actreg.model.settings import Settings, main_option
from actreg.model.spec import ModelSpec
from actreg.model.validate import unknown_key
from actreg.model.values import BrokenValue, Entry, LateValue, MapValue, Value, data_of, kind_of, paths
from actreg.model.variables import read_variables

KEYS: Final = ("actreg", "requires", "prefer", "input", "vars", "blocks", "layers", "seed", "data", "train")
"""The keys of a spec."""


def read_spec(
    spec: str | Path | Mapping[str, Any] | ModelSpec,
    *,
    overrides: Mapping[str, Any] | None = None,
    registry: Catalogue | None = None,
    file: str | None = None,
    folder: Path | None = None,
) -> ModelSpec:
    """Reads and checks a model spec.

    spec: a path; a mapping of plain Python data; YAML text (a string of several lines, or in braces); or a spec that
        was read before, to read it again with other overrides.
    overrides: values of variables by name, as on the command line: strings are read as YAML.
    registry: where activations are looked up; the default one by default.
    file: the name for messages, of a text or a mapping. folder: where the data of a text or a mapping may lie.

    Raises SpecError with every mistake, located.
    """
    with _collector_paused():
        return _read_spec(spec, overrides or {}, registry, file, folder)


@contextmanager
def _collector_paused() -> Iterator[None]:
    """Without garbage collection, which takes half of the time where many values live and none is garbage."""
    enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if enabled:
            gc.enable()


def _read_spec(
    spec: str | Path | Mapping[str, Any] | ModelSpec,
    overrides: Mapping[str, Any],
    registry: Catalogue | None,
    file: str | None,
    folder: Path | None,
) -> ModelSpec:
    if isinstance(spec, ModelSpec):
        overrides = {**spec.overrides, **overrides}
        given = Given(Source(file or spec.file, spec.text), folder or spec.folder)
    else:
        given = given_of(spec, file, folder)
    problems = Problems()
    root = None
    with suppress(TooManyError):
        root = read_value(given.source, problems)
    if given.source.file == MAPPING and root is not None:
        known_root = root
        problems.paths_of = MAPPING
        problems.paths = lambda: dict(reversed(list(paths(known_root))))
    result = None
    with suppress(TooManyError):
        result = _read_root(root, given, overrides, registry, problems)
    problems.raise_any()
    assert result is not None  # whatever has no result was reported
    return result


def _read_root(
    root: Value | None,
    given: Given,
    overrides: Mapping[str, Any],
    registry: Catalogue | None,
    problems: Problems,
) -> ModelSpec | None:
    if isinstance(root, MapValue):
        return _read(root, given, overrides, Lookups(registry or default_catalogue()), problems)
    if root is not None and not isinstance(root, BrokenValue):
        problems.add(root.place, f"a spec is a mapping that begins with actreg: 1, not {kind_of(root)}")
    return None


def _read(
    root: MapValue, given: Given, overrides: Mapping[str, Any], lookups: Lookups, problems: Problems
) -> ModelSpec | None:
    keys = {entry.name: entry for entry in root.entries}
    meant: set[str] = set()
    for entry in root.entries:
        if entry.name not in KEYS:
            meant.update(suggest(entry.name, KEYS))
            problems.add(entry.place, unknown_key(entry.name, f"a spec has {', '.join(KEYS)}", KEYS))
    for name in ("actreg", "input", "layers"):
        if name not in keys and name not in meant:
            extra = ": begin the spec with actreg: 1" if name == "actreg" else ""
            problems.add(root.place, f"the key {name} is missing{extra}")
    texts = {name: _as_text(name, value, given.source.file) for name, value in overrides.items()}
    includer = Includer(problems, given.folder)
    whole = includer.put_in(root)
    settings = _settings(whole, lookups, problems)
    keys = {entry.name: entry for entry in settings.take(texts).entries}
    scope = read_variables(_value(keys, "vars"), settings.variables, problems)
    if "actreg" in keys:
        sections.check_version(keys["actreg"].value, scope)
    for pins in (*([keys["requires"].value] if "requires" in keys else []), *includer.pins):
        check_requires(pins, scope)
    if "prefer" in keys:
        read_prefer(keys["prefer"].value, scope, lookups)
    shape, dtype = sections.read_input(keys["input"].value, scope) if "input" in keys else (None, None)
    library = Library(lookups).define(_value(keys, "blocks"), scope)
    inside = LayerReader(scope.nested(LateValue(root.place)), library)
    layers = inside.layers(keys["layers"].value, "layers") if "layers" in keys else None
    seed = sections.read_seed(keys["seed"].value, scope) if "seed" in keys else 0
    data = sections.read_data(keys["data"], scope, given.folder) if "data" in keys else None
    train = sections.read_train(keys["train"], scope) if "train" in keys else None
    plan = make_plan(shape, layers or (), seed or 0, problems, dtype)
    check_uncalled(library, problems)
    if problems:
        return None
    assert shape is not None
    assert plan is not None
    values = {name: data_of(value) for name, value in scope.variables.items()}
    text = to_text(data_of(_stored(whole, includer))) if includer.used else given.source.text
    return ModelSpec(text, shape, plan, seed or 0, values, texts, data, train, given.source.file, given.folder)


def _as_text(name: str, value: Any, file: str) -> str:
    try:
        return value if isinstance(value, str) else to_text(value, flow=True).strip()
    except NotPlainError as error:
        raise at_start(file, f"--set {name}: {error}") from None


def _value(keys: Mapping[str, Entry], name: str) -> Value | None:
    entry = keys.get(name)
    return entry.value if entry is not None else None


def _settings(root: MapValue, lookups: Lookups, problems: Problems) -> Settings:
    def main_of_activation(name: str) -> str | None:
        found = lookups.find(name)
        return found.info.main if isinstance(found, type) else None

    def is_kind(name: str) -> bool:
        return name in KINDS or name in WORDS or lookups.known(name)

    return Settings(problems, root, is_kind, lambda kind: main_option(kind, main_of_activation))


def _stored(root: MapValue, includer: Includer) -> Value:
    """A spec as it is stored where files were included: whole, the pins of these with it."""
    root = cast(MapValue, without_marks(root))
    pins = [entry for value in includer.pins if isinstance(value, MapValue) for entry in value.entries]
    if not pins:
        return root
    own = root.find("requires")
    merged = {e.name: e for e in (*pins, *(own.value.entries if own and isinstance(own.value, MapValue) else ()))}
    requires = Entry("requires", root.place, MapValue.make(root.place, tuple(merged.values())))
    return MapValue.make(root.place, (*(e for e in root.entries if e is not own), requires))
