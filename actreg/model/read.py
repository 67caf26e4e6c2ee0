"""A file, a text or a mapping to a `ModelSpec`, or one SpecError with everything that is wrong.

Requirements:

- All mistakes of syntax, grammar, options, shapes and in-place use are found in one run.
- Whatever is read, however broken or hostile: a ModelSpec or a SpecError, nothing else.
- Imports no array library.
"""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from actreg.errors import Diagnostic, SpecError, did_you_mean, suggest
from actreg.model import sections
from actreg.model.blocks import Library, read_blocks
from actreg.model.catalogue import Catalogue, Lookups, default_catalogue
from actreg.model.layers import LayerReader
from actreg.model.limits import MAX_TEXT
from actreg.model.places import Problems, Source, TooManyError
from actreg.model.plain import NotPlainError, to_text
from actreg.model.plan import check_uncalled, make_plan
from actreg.model.reader import read_value
from actreg.model.spec import ModelSpec
from actreg.model.values import BrokenValue, Entry, LateValue, MapValue, Value, data_of, kind_of, paths
from actreg.model.variables import read_variables

KEYS: Final = ("actreg", "input", "vars", "blocks", "layers", "seed", "data", "train")
"""The keys of a spec."""

LATER: Final = ("requires", "prefer")
"""Keys of the grammar that this version does not read."""

MAPPING: Final = "<mapping>"
TEXT: Final = "<text>"


@dataclass(frozen=True)
class _Given:
    """What is to be read: its text, under which name, with data under which folder."""

    source: Source
    folder: Path | None


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
    if isinstance(spec, ModelSpec):
        overrides = {**spec.overrides, **(overrides or {})}
        given = _Given(Source(file or spec.file, spec.text), folder or spec.folder)
    else:
        given = _given(spec, file, folder)
    problems = Problems()
    root = None
    with suppress(TooManyError):
        root = read_value(given.source, problems)
    if given.source.file == MAPPING and root is not None:
        known_root = root
        problems.paths = lambda: dict(reversed(list(paths(known_root))))
    result = None
    with suppress(TooManyError):
        result = _read_root(root, given, overrides or {}, registry, problems)
    problems.raise_any()
    assert result is not None  # whatever has no result was reported
    return result


def _read_root(
    root: Value | None,
    given: _Given,
    overrides: Mapping[str, Any],
    registry: Catalogue | None,
    problems: Problems,
) -> ModelSpec | None:
    if isinstance(root, MapValue):
        return _read(root, given, overrides, Lookups(registry or default_catalogue()), problems)
    if root is not None and not isinstance(root, BrokenValue):
        problems.add(root.place, f"a spec is a mapping that begins with actreg: 1, not {kind_of(root)}")
    return None


def _given(spec: str | Path | Mapping[str, Any], file: str | None, folder: Path | None) -> _Given:
    if isinstance(spec, Mapping):
        try:
            return _Given(Source(file or MAPPING, to_text(spec)), folder)
        except NotPlainError as error:
            raise _at_start(file or MAPPING, str(error)) from None
    if isinstance(spec, str) and ("\n" in spec or spec.lstrip().startswith("{")):
        return _Given(Source(file or TEXT, spec.removeprefix("\ufeff")), folder)
    path = Path(spec)
    return _Given(Source(file or str(spec), _text_of(path)), folder or path.parent)


def _text_of(path: Path) -> str:
    try:
        with path.open("rb") as file:
            raw = file.read(4 * MAX_TEXT + 1)
        if len(raw) > 4 * MAX_TEXT:
            raise _at_start(str(path), f"the file has more than {4 * MAX_TEXT} bytes: a spec is smaller")
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise _at_start(str(path), f"this is not UTF-8: byte {error.start} cannot be read") from None
    except (OSError, ValueError) as error:
        if isinstance(error, SpecError):
            raise
        near = ""
        if isinstance(error, FileNotFoundError) and path.parent.is_dir():
            near = did_you_mean(suggest(path.name, sorted(p.name for p in path.parent.glob("*.y*ml"))[:1000]))
        reason = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
        raise _at_start(str(path), f"the spec cannot be read: {reason}{near}") from None


def _at_start(file: str, message: str) -> SpecError:
    return SpecError([Diagnostic(file, 1, 1, message)])


def _read(
    root: MapValue, given: _Given, overrides: Mapping[str, Any], lookups: Lookups, problems: Problems
) -> ModelSpec | None:
    keys = {entry.name: entry for entry in root.entries}
    for entry in root.entries:
        if entry.name in LATER:
            problems.add(entry.place, f"{entry.name} is not supported in this version")
        elif entry.name not in KEYS:
            hint = did_you_mean(suggest(entry.name, KEYS))
            problems.add(entry.place, f"unknown key {entry.name!r} (a spec has {', '.join(KEYS)}){hint}")
    for name in ("actreg", "input", "layers"):
        if name not in keys:
            extra = ": begin the spec with actreg: 1" if name == "actreg" else ""
            problems.add(root.place, f"the key {name} is missing{extra}")
    texts = {name: _as_text(name, value, given.source.file) for name, value in overrides.items()}
    scope = read_variables(_value(keys, "vars"), _overrides(texts, root, problems), problems, root.place)
    if "actreg" in keys:
        sections.check_version(keys["actreg"].value, scope)
    shape, dtype = sections.read_input(keys["input"].value, scope) if "input" in keys else (None, None)
    library = Library(lookups, read_blocks(_value(keys, "blocks"), scope))
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
    return ModelSpec(
        given.source.text, shape, plan, seed or 0, values, texts, data, train, given.source.file, given.folder
    )


def _as_text(name: str, value: Any, file: str) -> str:
    try:
        return value if isinstance(value, str) else to_text(value, flow=True).strip()
    except NotPlainError as error:
        raise _at_start(file, f"--set {name}: {error}") from None


def _value(keys: Mapping[str, Entry], name: str) -> Value | None:
    entry = keys.get(name)
    return entry.value if entry is not None else None


def _overrides(texts: Mapping[str, str], root: MapValue, problems: Problems) -> dict[str, Value]:
    """The values that override variables, each with ``--set name=text`` as its origin."""
    found: dict[str, Value] = {}
    for name, text in texts.items():
        short = " ".join(text.split())
        origin = f"--set {name}={short if len(short) <= 80 else short[:79] + '…'}"
        own = Problems()
        value = read_value(Source(origin, text), own)
        for diagnostic in own.found():
            problems.add(root.place, f"{origin}: {diagnostic.message}")
        found[name] = (value or BrokenValue(root.place)).moved(root.place.came(origin))
    return found
