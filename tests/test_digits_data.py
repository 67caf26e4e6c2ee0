"""The digits that the main job trains on are what their README says."""

from __future__ import annotations

import hashlib
import importlib.util
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

ROOT = Path(__file__).parent.parent
FILE = ROOT / "configs" / "data" / "digits.npz"
PER_CLASS = (178, 182, 177, 183, 181, 182, 181, 179, 174, 180)


@pytest.fixture(scope="module")
def digits() -> dict[str, np.ndarray]:
    """The arrays of the file, read as `actreg train` reads them: without pickle."""
    with np.load(FILE, allow_pickle=False) as archive:
        return {name: archive[name] for name in archive.files}


def script(name: str) -> Any:
    """A module out of scripts/."""
    found = importlib.util.spec_from_file_location(name, ROOT / "scripts" / f"{name}.py")
    assert found is not None
    assert found.loader is not None
    module = importlib.util.module_from_spec(found)
    found.loader.exec_module(module)
    return module


@pytest.mark.parametrize(
    ("name", "dtype", "shape"),
    [("images", "uint8", (1797, 8, 8)), ("labels", "int64", (1797,)), ("held_out", "int64", (359,))],
)
def test_shape_and_dtype(digits: dict[str, np.ndarray], name: str, dtype: str, shape: tuple[int, ...]) -> None:
    """Every array has the shape and dtype that the README gives."""
    assert digits[name].dtype == dtype
    assert digits[name].shape == shape


def test_nothing_else_is_in_the_file(digits: dict[str, np.ndarray]) -> None:
    """The file holds these three arrays."""
    assert set(digits) == {"images", "labels", "held_out"}


def test_pixels_and_labels_are_in_range(digits: dict[str, np.ndarray]) -> None:
    """Pixels count 0 to 16 dark points, and all of these occur; no image is empty; labels are the ten digits."""
    assert np.array_equal(np.unique(digits["images"]), np.arange(17))
    assert (digits["images"].sum(axis=(1, 2)) > 0).all()
    assert tuple(np.bincount(digits["labels"])) == PER_CLASS


def test_known_images_have_their_labels(digits: dict[str, np.ndarray]) -> None:
    """The source's first row is the well-known 0, and its first ten rows are the digits in order."""
    assert digits["images"][0, 0].tolist() == [0, 0, 5, 13, 9, 1, 0, 0]
    assert digits["labels"][:10].tolist() == list(range(10))


def test_held_out_is_sorted_and_within_the_data(digits: dict[str, np.ndarray]) -> None:
    """Held-out indices rise strictly, so none occurs twice and none can be among the rest, and all are rows."""
    held_out = digits["held_out"]
    assert (np.diff(held_out) > 0).all()
    assert held_out[0] >= 0
    assert held_out[-1] < len(digits["labels"])


@pytest.mark.parametrize("digit", range(10))
def test_held_out_is_a_fifth_of_every_class(digits: dict[str, np.ndarray], digit: int) -> None:
    """The nearest whole number to a fifth of each class is held out."""
    assert np.count_nonzero(digits["labels"][digits["held_out"]] == digit) == round(PER_CLASS[digit] / 5)


def test_held_out_is_spread_over_the_file(digits: dict[str, np.ndarray]) -> None:
    """Every fifth of the file gives about as many: no writer is held out whole."""
    per_part = np.histogram(digits["held_out"], bins=5, range=(0, 1797))[0]
    assert per_part.min() > 50


def test_readme_names_the_digest() -> None:
    """The README's SHA-256 is the file's."""
    assert hashlib.sha256(FILE.read_bytes()).hexdigest() in FILE.with_name("README.md").read_text("utf-8")


def test_script_makes_the_same_bytes(
    digits: dict[str, np.ndarray], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """From the source's rows, here written anew, the script makes this very file."""
    rows = np.column_stack([digits["images"].reshape(1797, 64), digits["labels"]])
    source, target = tmp_path / "digits.csv.gz", tmp_path / "digits.npz"
    np.savetxt(source, rows, fmt="%.18e", delimiter=",")
    main: Callable[[list[str]], int] = script("make_digits").main
    assert main([str(source), str(target)]) == 0
    assert target.read_bytes() == FILE.read_bytes()
    assert "sha256" in capsys.readouterr().out
