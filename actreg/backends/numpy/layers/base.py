"""What every layer of a NumPy network is.

Requirements:

- A layer is its options alone: arrays go in and out, so that a layer can be tested, copied and shared freely.
- Evaluation keeps nothing; `vjp` keeps what its pullback reads and no more.
- No input is modified, and a result may share memory with an input (flatten, dropout that evaluates).
- Shapes, strides and batch sizes (0 and 1 included) are free; float32 and float64 are computed as they are, narrower
  dtypes through float32 (`half.py`).
- A gradient that nobody asked for is not computed.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, NamedTuple

import numpy as np

Array = np.ndarray[Any, Any]
Arrays = Mapping[str, Array]


@dataclass(frozen=True)
class Run:
    """How a network is running. generator: what dropout and stochastic activations draw from in training."""

    training: bool
    generator: np.random.Generator


class Gradients(NamedTuple):
    """inputs: one for each input, or none where they were not asked for. parameters: by name."""

    inputs: tuple[Array, ...]
    parameters: dict[str, Array]


LayerPullback = Callable[[Array, bool], Gradients]
"""(gradient of the output, whether the inputs' gradients are wanted) -> gradients."""


class Layer(ABC):
    """One kind of node.

    Laws: `evaluate` gives what `vjp` gives outside training; the pullback is linear in its gradient and can be called
    again. `buffers` names the parameters that training moves without a gradient.
    """

    buffers: ClassVar[tuple[str, ...]] = ()

    @abstractmethod
    def evaluate(self, inputs: tuple[Array, ...], parameters: Arrays, *, overwrite: bool = False) -> Array:
        """The output in evaluation mode. overwrite: the first input's memory may be used for it."""

    @abstractmethod
    def vjp(self, inputs: tuple[Array, ...], parameters: Arrays, run: Run) -> tuple[Array, LayerPullback]:
        """The output and its pullback. In training, `buffers` are updated in place."""
