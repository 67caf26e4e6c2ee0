"""A model spec as data: what was read, checked and resolved.

Requirements:

- Frozen, comparable, picklable; holds no array and no registry.
- Keeps the text and the overrides from which it was read, so that a weight file can carry both and read the same
  spec again elsewhere.
- Holds the plan that was made while it was checked: shapes, blocks and names are resolved once.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from actreg.contracts.plan import Plan
from actreg.errors import DataError
from actreg.model.training import DataSpec, TrainSpec


@dataclass(frozen=True)
class ModelSpec:
    """A model spec without mistakes, as `actreg.model.read_spec` makes it.

    text: the YAML that was read. overrides: variables set from outside, as YAML, by name. file: the name that
    messages use. folder: where its data may lie; None where it came from no file. input: the shape of one sample.
    plan: its network. vars: the values of the variables. seed: of the initial weights.
    """

    text: str
    input: tuple[int, ...]
    plan: Plan
    seed: int = 0
    vars: Mapping[str, Any] = field(default_factory=dict)
    overrides: Mapping[str, str] = field(default_factory=dict)
    data: DataSpec | None = None
    train: TrainSpec | None = None
    file: str = field(default="<text>", compare=False)
    folder: Path | None = field(default=None, compare=False)

    def data_path(self) -> Path:
        """The data file, which must lie under the spec's folder, links resolved.

        Raises DataError where the spec names none, has no folder, or the file is missing or lies elsewhere.
        """
        if self.data is None:
            raise DataError(self.file, "the spec has no data: section")
        if self.folder is None:
            raise DataError(self.data.file, "the spec came from no file: its data has no folder, pass the data itself")
        path = self.folder / self.data.file
        if not is_under(path, self.folder):
            raise DataError(self.data.file, f"leads out of the spec's folder, {self.folder}")
        if not path.is_file():
            raise DataError(str(path), "there is no such file")
        return path


def is_under(path: Path, folder: Path) -> bool:
    """Whether a path stays in a folder when links are followed."""
    try:
        return path.resolve().is_relative_to(folder.resolve())
    except (OSError, RuntimeError, ValueError):  # a ring of links, a name that no file can have
        return False
