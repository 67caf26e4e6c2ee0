"""The data and train sections: what is refused, where, and what is filled in."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from actreg.errors import ConfigError, DataError
from actreg.model import AdamW, DataSpec, Fraction, ModelSpec, Sgd, TrainSpec

HEAD = "actreg: 1\ninput: [8]\nlayers: [relu]\n"

# What is written on line 4, the columns of its mistakes, and words of the first message.
CASES = [
    ("data: {}", [1, 1], "data: file: field required"),
    ("data: 3", [7], "data is a mapping, not 3"),
    ("data: {file: d.npz, targets: y}", [1], "inputs names the array of inputs"),
    ("data: {file: d.csv, inputs: x, targets: y}", [1], "inputs is for npz files"),
    ("data: {file: d.csv, targets: y, held_out: test}", [1], "for a csv file give {fraction"),
    ("data: {file: ../d.npz, inputs: x, targets: y}", [14], "stays under the spec's folder"),
    ("data: {file: /d.npz, inputs: x, targets: y}", [14], "stays under the spec's folder"),
    ("data: {file: a/../d.npz, inputs: x, targets: y}", [14], "stays under the spec's folder"),
    ("data: {file: 'C:d.npz', inputs: x, targets: y}", [14], "stays under the spec's folder"),
    ("data: {file: 'a\\d.npz', inputs: x, targets: y}", [14], "stays under the spec's folder"),
    ('data: {file: "a\\0.npz", inputs: x, targets: y}', [14], "stays under the spec's folder"),
    ("data: {file: d.pkl, inputs: x, targets: y}", [14], "an .npz or a .csv"),
    ("data: {fil: d.npz, inputs: x, targets: y}", [8], "did you mean 'file'?"),
    ("data: {file: d.npz, inputs: x, targets: y, scale: 0}", [51], "greater than 0, not 0"),
    ("data: {file: d.npz, inputs: x, targets: y, held_out: {fraction: 1.0}}", [65], "fraction: input should be less"),
    ("data: {file: d.npz, inputs: x, targets: y, held_out: {fracton: 0.1}}", [55], "did you mean 'fraction'?"),
    ("data: {file: d.npz, inputs: x, targets: y, held_out: 0.2}", [54], "held_out"),
    ("train: []", [8], "train is a mapping, not a list"),
    ("train: {epochs: 0}", [17], "greater than or equal to 1, not 0"),
    ("train: {epoch: 1}", [9], "did you mean 'epochs'?"),
    ("train: {loss: crossentropy}", [15], "'cross_entropy' or 'mse'"),
    ("train: {dtype: float8}", [16], "not 'float8'"),
    ("train: {optimizer: adam}", [20], "unknown optimizer 'adam'; did you mean 'adamw'?"),
    ("train: {optimizer: 3}", [20], "optimizer is a name or one key"),
    ("train: {optimizer: {sgd: {lr: fast}}}", [31], "sgd: lr: input should be a valid number, not 'fast'"),
    ("train: {optimizer: {sgd: {lr: -1}}}", [31], "greater than or equal to 0"),
    ("train: {optimizer: {sgd: {beta: 1}}}", [27], "sgd: beta: unknown option"),
    ("train: {optimizer: {adamw: {betas: [0.9, 1.0]}}}", [42], "less than 1, not 1.0"),
    ("train: {optimizer: {adamw: {betas: [0.9]}}}", [36], "adamw: betas"),
    ("train: {epochs: x, optimizer: {sgd: {lr: y}}}", [17, 42], "epochs"),
]  # fmt: skip


@pytest.mark.parametrize(("text", "columns", "fragment"), CASES, ids=[text for text, *_ in CASES])
def test_a_mistake_in_a_section(
    mistakes: Callable[..., list[str]], text: str, columns: list[int], fragment: str
) -> None:
    """One message each, at the key or the value."""
    found = mistakes(f"{HEAD}{text}\n")
    assert [item.split(": ")[0] for item in found] == [f"4:{column}" for column in columns], found
    assert fragment in found[0]


def test_defaults_are_filled_in(read: Callable[..., ModelSpec]) -> None:
    """A fifth is held out; AdamW with torch's settings."""
    spec = read(f"{HEAD}data: {{file: d.csv, targets: y}}\ntrain: {{}}\n")
    assert spec.data == DataSpec(file="d.csv", targets="y", held_out=Fraction(fraction=0.2, seed=0))
    expected = TrainSpec(epochs=10, batch=64, optimizer=AdamW(), loss="cross_entropy", dtype="float32", seed=0)
    assert spec.train == expected
    settings = spec.train.settings()
    assert settings.name == "adamw"
    assert settings.settings == {"lr": 1e-3, "betas": (0.9, 0.999), "eps": 1e-8, "weight_decay": 1e-2}


@pytest.mark.parametrize("text", ["sgd", "{sgd: }", "{sgd: {}}"])
def test_an_optimizer_by_name_alone(read: Callable[..., ModelSpec], text: str) -> None:
    """Its settings are torch's defaults."""
    spec = read(f"{HEAD}train: {{optimizer: {text}}}\n")
    assert spec.train is not None
    assert spec.train.optimizer == Sgd(lr=1e-3, momentum=0.0, weight_decay=0.0)


def test_variables_reach_the_sections(read: Callable[..., ModelSpec]) -> None:
    """So that --set can change a learning rate."""
    text = HEAD + "vars: {rate: 0.1}\ntrain: {optimizer: {sgd: {lr: $rate}}, epochs: $(2 * 3)}\n"
    spec = read(text, overrides={"rate": "0.5"})
    assert spec.train is not None
    assert spec.train.epochs == 6
    assert spec.train.optimizer.lr == 0.5


def test_a_section_is_refused_in_python_too() -> None:
    """The models hold their own rules."""
    with pytest.raises(ConfigError, match="stays under"):
        DataSpec(file="../x.npz", inputs="x", targets="y")


def test_data_stays_under_the_folder(read: Callable[..., ModelSpec], tmp_path: Path) -> None:
    """A link that leads out is refused when the spec is read, and again when the file is opened."""
    folder = tmp_path / "spec"
    folder.mkdir()
    (tmp_path / "outside.npz").write_bytes(b"")
    text = HEAD + "data: {file: d.npz, inputs: x, targets: y}\n"
    spec = read(text, folder=folder)
    with pytest.raises(DataError, match="no such file"):
        spec.data_path()
    (folder / "d.npz").symlink_to(tmp_path / "outside.npz")
    with pytest.raises(DataError, match="leads out of the spec's folder"):
        spec.data_path()
    with pytest.raises(ValueError, match=":4:14: data: file: it leads out"):
        read(text, folder=folder)
    (folder / "d.npz").unlink()
    (folder / "d.npz").write_bytes(b"")
    assert spec.data_path() == folder / "d.npz"


def test_data_of_a_text_has_no_folder(read: Callable[..., ModelSpec]) -> None:
    """Nothing is guessed."""
    with pytest.raises(DataError, match="came from no file"):
        read(HEAD + "data: {file: d.npz, inputs: x, targets: y}\n").data_path()
    with pytest.raises(DataError, match="no data: section"):
        read(HEAD).data_path()
