"""Between NumPy arrays and tensors, and the names of devices and dtypes."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch

from actreg import CapabilityError, InputError, UnknownNameError
from actreg_torch.rounding import DTYPES, WITHOUT_FLOAT64, narrow


def device_names() -> tuple[str, ...]:
    """The devices of this machine; the CPU first."""
    count = torch.cuda.device_count() if torch.cuda.is_available() else 0
    mps = ("mps",) if torch.backends.mps.is_available() else ()
    return ("cpu", *(f"cuda:{index}" for index in range(count)), *mps)


def find_device(name: Any) -> torch.device:
    """The device of a name; None is the CPU, ``cuda`` the current CUDA device.

    Raises UnknownNameError for a name that torch does not know, CapabilityError for a device that is not there.
    """
    if name is None:
        return torch.device("cpu")
    try:
        device = torch.device(name)
    except (RuntimeError, TypeError):
        raise UnknownNameError("device", str(name), (*device_names(), "cuda"), hint=_here()) from None
    known = device_names()
    if device.type in ("cpu", "mps"):
        device = torch.device(device.type)
    elif device == torch.device("cuda") and "cuda:0" in known:
        return torch.device("cuda", torch.cuda.current_device())
    if str(device) not in known:
        build = "" if torch.version.cuda else "; this torch is built without CUDA"
        raise CapabilityError(f"there is no device {str(name)!r} ({_here()}{build})")
    return device


def find_dtype(name: Any, device: torch.device | None = None) -> torch.dtype:
    """The dtype of a name, ``float32`` or torch's own object.

    Raises UnknownNameError, CapabilityError for a dtype that the device lacks.
    """
    plain = str(name).removeprefix("torch.")
    if plain not in DTYPES:
        raise UnknownNameError("dtype", str(name), DTYPES, hint=f"there are {', '.join(DTYPES)}")
    if plain == "float64" and device is not None and device.type in WITHOUT_FLOAT64:
        raise CapabilityError(f"{device.type} has no float64: use float32")
    return DTYPES[plain]


def from_numpy(array: Any, device: torch.device, dtype: torch.dtype | None) -> torch.Tensor:
    """A new tensor with the same values, rounded once to `dtype`; in the array's own dtype where that is None."""
    array = np.asarray(array)
    if array.dtype.name == "bfloat16":
        bits = np.array(array, order="C").view(np.int16)
        tensor = torch.from_numpy(bits).view(torch.bfloat16)
    else:
        try:
            tensor = torch.from_numpy(np.array(array, dtype=array.dtype.newbyteorder("="), order="C"))
        except TypeError:
            raise InputError(f"torch has no dtype for NumPy's {array.dtype}: convert it first") from None
    return (tensor if dtype is None else narrow(tensor, dtype)).to(device)


def to_numpy(tensor: torch.Tensor) -> np.ndarray[Any, Any]:
    """A new array with the same values; bfloat16 as ml_dtypes' own."""
    here = tensor.detach().to("cpu", copy=True).resolve_neg().contiguous()
    if here.dtype != torch.bfloat16:
        return here.numpy()
    import ml_dtypes

    return here.view(torch.int16).numpy().view(ml_dtypes.bfloat16)


def _here() -> str:
    return f"here: {', '.join(device_names())}"
