"""The data that a spec names: read, converted, split into what trains and what is held out.

Requirements:

- Only files under the spec's folder; nothing in them is executed; sizes are capped.
- What comes out fits the network: shapes, dtypes, classes are checked here, once.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from actreg.contracts.plan import Plan
from actreg.errors import DataError
from actreg.model.spec import ModelSpec
from actreg.model.training import DataSpec, TrainSpec
from actreg.training import prepare, split
from actreg.training.npz import NpzFile
from actreg.training.table import read_table

Array = np.ndarray[Any, Any]


@dataclass(frozen=True)
class Samples:
    """Inputs (n, *input shape) in the training dtype; targets int64 (n,) for classes, else (n, *output shape)."""

    x: Array
    y: Array

    def __len__(self) -> int:
        return len(self.x)


@dataclass(frozen=True)
class Data:
    """What trains and what is held out. rows: indices of the held-out rows. digest: the file's SHA-256, in hex."""

    file: str
    training: Samples
    held_out: Samples
    rows: Array
    digest: str


@dataclass(frozen=True)
class Raw:
    """Arrays as a file has them. held_out: indices, where the file gives them."""

    inputs: Array
    targets: Array | None
    held_out: Array | None = None


def load_data(spec: ModelSpec, plan: Plan, *, path: Path | None = None, dtype: str | None = None) -> Data:
    """The data of a spec, for the network of `plan`.

    path: another file than the spec names, of the same layout. dtype: the spec's own by default.
    Raises DataError.
    """
    if spec.data is None:
        raise DataError(spec.file, "the spec has no data: section, so there is nothing to train on")
    train = spec.train or TrainSpec()
    path = path if path is not None else spec.data_path()
    raw = read(path, spec.data, targets=True)
    targets = convert_targets(str(path), raw.targets, plan, train, dtype)
    x = prepare.samples(str(path), raw.inputs, plan, spec.data.scale, dtype or train.dtype)
    if len(x) != len(targets):
        raise DataError(str(path), f"{len(x)} inputs but {len(targets)} targets")
    rows = _held_out(str(path), spec.data, raw, targets, train)
    kept = np.setdiff1d(np.arange(len(x)), rows)
    if not len(rows) or not len(kept):
        raise DataError(str(path), f"{len(rows)} of {len(x)} rows are held out: some to train on and some to test on")
    training, held_out = Samples(x[kept], targets[kept]), Samples(x[rows], targets[rows])
    return Data(str(path), training, held_out, rows, sha256(path))


def read(path: Path, data: DataSpec, *, inputs: str | None = None, targets: bool = False) -> Raw:
    """The arrays of a file in the layout that a data section describes. inputs: another array's name.

    targets: whether they are needed; elsewhere they may be missing.
    """
    if path.suffix == ".csv":
        table = read_table(path)
        wanted = targets or data.targets in table.columns
        return Raw(table.others(data.targets), table.column(data.targets) if wanted else None)
    if path.suffix != ".npz":
        raise DataError(str(path), "data is an .npz or a .csv file")
    with NpzFile(path) as archive:
        held_out = data.held_out if isinstance(data.held_out, str) and targets else None
        return Raw(
            archive.read(inputs or data.inputs or _only(archive)),
            archive.read(data.targets) if targets else None,
            archive.read(held_out) if held_out else None,
        )


def _only(archive: NpzFile) -> str:
    names = archive.names()
    if len(names) != 1:
        raise DataError(
            str(archive.path), f"say which array holds the inputs, --inputs NAME: {', '.join(names) or 'none'}"
        )
    return names[0]


def convert_targets(file: str, raw: Array | None, plan: Plan, train: TrainSpec, dtype: str | None = None) -> Array:
    """Targets as the loss takes them."""
    assert raw is not None
    if train.loss == "mse":
        return prepare.values(file, raw, plan.output_shape, dtype or train.dtype)
    if len(plan.output_shape) != 1:
        shape = tuple(plan.output_shape)
        raise DataError(file, f"cross_entropy needs one output a class, but the network's output has shape {shape}")
    return prepare.labels(file, raw, plan.output_shape[0])


def _held_out(file: str, data: DataSpec, raw: Raw, targets: Array, train: TrainSpec) -> Array:
    if raw.held_out is not None:
        return split.checked_indices(file, str(data.held_out), raw.held_out, len(targets))
    assert not isinstance(data.held_out, str)
    groups = targets if train.loss == "cross_entropy" else np.zeros(len(targets), np.int64)
    return split.stratified(groups, data.held_out.fraction, data.held_out.seed)


def sha256(path: Path) -> str:
    """The SHA-256 of a file, in hex."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
