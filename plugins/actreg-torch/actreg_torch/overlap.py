"""Whether two tensors share memory, on any device, without looking into it."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch

_MOST_WORK = 10_000


class _Layout:
    """What NumPy needs to know of a tensor: addresses and strides. The memory itself is never touched."""

    def __init__(self, tensor: torch.Tensor) -> None:
        size = tensor.element_size()
        self.__array_interface__: dict[str, Any] = {
            "shape": tuple(tensor.shape),
            "strides": tuple(stride * size for stride in tensor.stride()),
            "typestr": f"<u{size}",
            "data": (tensor.data_ptr(), False),
            "version": 3,
        }


def same_elements(a: torch.Tensor, b: torch.Tensor) -> bool:
    """Whether both are the same view of the same memory."""
    return a is b or (a.data_ptr() == b.data_ptr() and a.shape == b.shape and a.stride() == b.stride())


def overlap(a: torch.Tensor, b: torch.Tensor) -> bool:
    """Whether any element is in both; True where that is too much work to find out."""
    if a.device != b.device or 0 in (a.numel(), b.numel()):
        return False
    try:
        first, second = np.asarray(_Layout(a)), np.asarray(_Layout(b))
        return np.shares_memory(first, second, max_work=_MOST_WORK)  # type: ignore[arg-type]
    except np.exceptions.TooHardError:
        return True
