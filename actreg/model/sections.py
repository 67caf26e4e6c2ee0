"""The sections of a spec other than its layers: version, input, seed, data, train.

Each function takes the located value of one key and gives the checked result, or None where it was reported.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any, Final, TypeVar

from actreg.contracts.config import Config
from actreg.errors import did_you_mean, suggest
from actreg.model.kinds import Shape
from actreg.model.limits import MAX_ELEMENTS, MAX_RANK
from actreg.model.places import Place
from actreg.model.spec import is_under
from actreg.model.training import OPTIMIZERS, AdamW, DataSpec, Fraction, Sgd, TrainSpec
from actreg.model.validate import made, one_key, options_of
from actreg.model.values import BrokenValue, Entry, ListValue, MapValue, ScalarValue, Value, is_broken, kind_of
from actreg.model.variables import Scope

C = TypeVar("C", bound=Config)

VERSION: Final = 1
"""The version of the grammar that this reader reads."""


def check_version(value: Value, scope: Scope) -> None:
    """The ``actreg:`` key."""
    given = value.value if isinstance(value, ScalarValue) else None
    if not isinstance(value, BrokenValue) and (type(given) is not int or given != VERSION):
        scope.problems.add(value.place, f"this version reads specs with actreg: {VERSION}, not {kind_of(value)}")


def read_input(value: Value, scope: Scope) -> tuple[Shape | None, str | None]:
    """The shape of one sample, and ``int64`` where it holds token ids: a shape, or ``{shape: …, dtype: int64}``."""
    value = scope.deep(value)
    if not isinstance(value, MapValue):
        return _shape(value, scope), None
    for entry in value.entries:
        if entry.name not in ("shape", "dtype"):
            known = did_you_mean(suggest(entry.name, ("shape", "dtype")))
            scope.problems.add(entry.place, f"input: unknown option {entry.name!r} (options: shape, dtype){known}")
    shape, dtype = value.find("shape"), value.find("dtype")
    if shape is None:
        scope.problems.add(value.place, "input: shape: field required, the sizes of one sample")
    sizes = _shape(shape.value, scope) if shape else None
    if dtype is None:
        return sizes, None
    named = _dtype(dtype.value, scope)
    return (sizes, named) if named else (None, None)


def _dtype(value: Value, scope: Scope) -> str | None:
    dtype = value.value if isinstance(value, ScalarValue) else None
    if dtype == "int64":
        return dtype
    if not is_broken(value):
        what = "int64 for token ids; without it the input has the network's own dtype"
        scope.problems.add(value.place, f"input: dtype is {what}, not {kind_of(value)}")
    return None


def _shape(value: Value, scope: Scope) -> Shape | None:
    if is_broken(value):
        return None
    items = value.items if isinstance(value, ListValue) else (value,)
    if not 0 < len(items) <= MAX_RANK:
        scope.problems.add(
            value.place, f"input is a shape of 1 to {MAX_RANK} sizes, without the batch, not {len(items)}"
        )
        return None
    sizes = [_size(item, scope) for item in items]
    shape = tuple(size for size in sizes if size is not None)
    return shape if len(shape) == len(sizes) else None


def _size(value: Value, scope: Scope) -> int | None:
    size = value.value if isinstance(value, ScalarValue) else None
    if type(size) is int and 1 <= size <= MAX_ELEMENTS:
        return size
    scope.problems.add(value.place, f"input: a size is an integer from 1 to {MAX_ELEMENTS}, not {kind_of(value)}")
    return None


def read_seed(value: Value, scope: Scope) -> int | None:
    """The seed of the initial weights."""
    value = scope.resolve(value)
    seed = value.value if isinstance(value, ScalarValue) else None
    if type(seed) is int and 0 <= seed < 2**63:
        return seed
    if not isinstance(value, BrokenValue):
        scope.problems.add(value.place, f"seed is an integer from 0 to 2**63 - 1, not {kind_of(value)}")
    return None


def read_data(entry: Entry, scope: Scope, folder: Path | None) -> DataSpec | None:
    """The ``data:`` section; a file under `folder` is checked not to lead out of it by links."""
    section = _section(entry, scope, "data")
    if section is None:
        return None
    held_out = section.find("held_out")
    made_fraction: dict[str, Any] = {}
    if held_out is not None and isinstance(resolved := scope.resolve(held_out.value), MapValue):
        fraction = _model(Fraction, resolved, held_out.place, scope, "held_out")
        if fraction is None:
            return None
        made_fraction["held_out"] = fraction
    data = _model(DataSpec, section, entry.place, scope, "data", made_fraction)
    if data is not None and folder is not None and not is_under(folder / data.file, folder):
        place = section.find("file")
        scope.problems.add(place.value.place if place else entry.place, "data: file: it leads out of the spec's folder")
        return None
    return data


def read_train(entry: Entry, scope: Scope) -> TrainSpec | None:
    """The ``train:`` section."""
    section = _section(entry, scope, "train")
    if section is None:
        return None
    given = section.find("optimizer")
    optimizer = _optimizer(given.value, scope) if given is not None else AdamW()
    extra = {} if given is None else {"optimizer": optimizer or AdamW()}
    train = _model(TrainSpec, section, entry.place, scope, "train", extra)
    return train if optimizer is not None else None


def _optimizer(value: Value, scope: Scope) -> Sgd | AdamW | None:
    entry = one_key(value, scope, "optimizer", "adamw or {sgd: {lr: 0.1}}")
    if entry is None:
        return None
    cls = OPTIMIZERS.get(entry.name)
    if cls is None:
        hint = did_you_mean(suggest(entry.name, OPTIMIZERS)) or f" (there are {', '.join(OPTIMIZERS)})"
        scope.problems.add(entry.place, f"unknown optimizer {entry.name!r}{hint}")
        return None
    given = options_of(entry.value, entry.place, "lr", scope, entry.name)
    return made(lambda: cls(**given.data), given, entry.name, scope.problems) if given else None


def _section(entry: Entry, scope: Scope, what: str) -> MapValue | None:
    value = scope.resolve(entry.value)
    if isinstance(value, MapValue):
        return value
    if not isinstance(value, BrokenValue):
        scope.problems.add(value.place, f"{what} is a mapping, not {kind_of(value)}")
    return None


def _model(
    cls: type[C], section: MapValue, place: Place, scope: Scope, what: str, ready: dict[str, Any] | None = None
) -> C | None:
    """A model of a section; `ready` has options that are made already."""
    ready = ready or {}
    rest = MapValue.make(section.place, tuple(e for e in section.entries if e.name not in ready))
    given = options_of(rest, place, None, scope, what)
    if given is None:
        return None
    options = given
    return made(lambda: cls(**options.data, **ready), options, what, scope.problems)
