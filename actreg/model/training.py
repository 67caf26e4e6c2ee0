"""The ``data`` and ``train`` sections of a spec, as strict models.

Requirements:

- As strict as a layer's options; every option described.
- A data file is named relative to the spec and stays under its folder.
- Defaults of an optimiser are torch.optim's, so that the same settings mean the same on every backend.
"""

from __future__ import annotations

from pathlib import PurePosixPath, PureWindowsPath
from typing import Annotated, Any, Literal, Self

from pydantic import BeforeValidator, Field, field_validator, model_validator

from actreg.contracts.backend import Optimizer
from actreg.contracts.config import Config, Finite, Positive

NotNegative = Annotated[Finite, Field(ge=0.0)]
Share = Annotated[Finite, Field(ge=0.0, lt=1.0)]
Seed = Annotated[int, Field(ge=0, lt=2**63)]
Name = Annotated[str, Field(min_length=1)]


def _tuple(value: Any) -> Any:
    return tuple(value) if isinstance(value, list) else value


class Fraction(Config):
    """Holds out a stratified random share of the data."""

    fraction: Annotated[float, Field(gt=0.0, lt=1.0)] = Field(0.2, description="the share that is held out")
    seed: Seed = Field(0, description="of the choice")


class DataSpec(Config):
    """Where the data is: arrays of an npz file, or columns of a csv file.

    ``held_out`` names an array of row indices in an npz file, or gives a fraction.
    """

    file: Name = Field(description="path relative to the spec's folder, ending in .npz or .csv")
    inputs: Name | None = Field(None, description="npz: the array of inputs, samples first; csv: all other columns")
    targets: Name = Field(description="npz: the array of targets; csv: the column of targets")
    held_out: Name | Fraction = Field(Fraction(), description="npz: the array of held-out indices; or a fraction")
    scale: Positive | None = Field(None, description="inputs are divided by this number")

    @field_validator("file")
    @classmethod
    def _stays_below(cls, file: str) -> str:
        path = PurePosixPath(file)
        if (
            path.is_absolute()
            or PureWindowsPath(file).drive
            or "\\" in file
            or ".." in path.parts
            or not file.isprintable()
        ):
            raise ValueError("the path is relative, with forward slashes, and stays under the spec's folder")
        if path.suffix not in (".npz", ".csv"):
            raise ValueError("the file is an .npz or a .csv")
        return file

    @model_validator(mode="after")
    def _fits_format(self) -> Self:
        if self.format == "npz" and self.inputs is None:
            raise ValueError("inputs names the array of inputs in an npz file")
        if self.format == "csv" and self.inputs is not None:
            raise ValueError("inputs is for npz files: in a csv file every column but the targets is an input")
        if self.format == "csv" and isinstance(self.held_out, str):
            raise ValueError("held_out names an array of an npz file: for a csv file give {fraction: 0.2, seed: 0}")
        return self

    @property
    def format(self) -> Literal["npz", "csv"]:
        """What kind of file it is."""
        return "npz" if self.file.endswith(".npz") else "csv"


class Sgd(Config):
    """Stochastic gradient descent with momentum, as torch.optim.SGD."""

    lr: NotNegative = Field(1e-3, description="learning rate")
    momentum: NotNegative = Field(0.0, description="share of the last step that is kept")
    weight_decay: NotNegative = Field(0.0, description="L2 penalty, added to the gradient")


class AdamW(Config):
    """Adam with decoupled weight decay, as torch.optim.AdamW. Loshchilov and Hutter, 2017, arXiv:1711.05101."""

    lr: NotNegative = Field(1e-3, description="learning rate")
    betas: Annotated[tuple[Share, Share], BeforeValidator(_tuple)] = Field(
        (0.9, 0.999), description="decay of the means of the gradient and of its square"
    )
    eps: NotNegative = Field(1e-8, description="added to the denominator")
    weight_decay: NotNegative = Field(1e-2, description="share of a weight that decays, times the learning rate")


OPTIMIZERS: dict[str, type[Sgd] | type[AdamW]] = {"sgd": Sgd, "adamw": AdamW}
"""Every optimiser, by the name that specs use."""


class TrainSpec(Config):
    """How to train."""

    epochs: Annotated[int, Field(ge=1, le=1_000_000)] = Field(10, description="passes over the training data")
    batch: Annotated[int, Field(ge=1, le=2**31)] = Field(64, description="samples in a batch")
    optimizer: Sgd | AdamW = Field(AdamW(), description="sgd or adamw, with its settings")
    loss: Literal["cross_entropy", "mse"] = Field("cross_entropy", description="what is minimised, a mean")
    dtype: Literal["float16", "bfloat16", "float32", "float64"] = Field("float32", description="of weights and data")
    seed: Seed = Field(0, description="of the order of batches and of dropout")

    def settings(self) -> Optimizer:
        """The optimiser as backends take it."""
        name = next(name for name, cls in OPTIMIZERS.items() if type(self.optimizer) is cls)
        return Optimizer(name, self.optimizer.model_dump())
