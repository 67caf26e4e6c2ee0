"""torch's functional activations: which object is which, and how it takes its options.

Requirements:

- Known by identity, in all of torch's spellings: ``F.relu``, ``torch.relu``, ``Tensor.relu``, ``Tensor.relu_``.
- Operations that apply an activation inside are known as such: nothing there can be replaced.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

import torch
from torch.nn import functional

from actreg_torch.recognise import KNOWN

_OPTIONS: Final = {"prelu": ("weight",), "rrelu": ("lower", "upper", "training")}


@dataclass(frozen=True)
class Function:
    """A functional activation. label: as people write it; torch_name: key of `recognise.KNOWN`."""

    label: str
    torch_name: str
    inplace: bool = False

    def bind(self, args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> tuple[dict[str, Any], bool]:
        """The options that a call gives, and whether it works in place. args: with the input first."""
        names = _OPTIONS.get(self.torch_name, tuple(KNOWN[self.torch_name].options))
        given = args[1:] if args else ()
        bound = {**dict(zip(names, given, strict=False)), **kwargs}
        flag = given[len(names)] if len(given) > len(names) else kwargs.get("inplace", False)
        return bound, self.inplace or flag is True


def _table() -> dict[Any, Function]:
    found: dict[Any, Function] = {}
    homes = (("F", functional), ("torch", torch), ("Tensor", torch.Tensor))
    for name in KNOWN:
        for home, module in homes:
            for spelling in (name, f"{name}_"):
                function = getattr(module, spelling, None)
                if callable(function):
                    found.setdefault(function, Function(f"{home}.{spelling}", name, spelling.endswith("_")))
    return found


FUNCTIONS: Final = _table()
"""By the function itself, as torch hands it to a function mode."""


def _fused() -> dict[Any, str]:
    named: dict[str, Callable[..., Any]] = {
        "F.scaled_dot_product_attention": functional.scaled_dot_product_attention,
        "F.multi_head_attention_forward": functional.multi_head_attention_forward,
        "F.gumbel_softmax": functional.gumbel_softmax,
        **{f"torch.{name}": getattr(torch, name) for name in ("lstm", "gru", "rnn_tanh", "rnn_relu")},
        **{
            f"torch.{name}": getattr(torch, name)
            for name in ("lstm_cell", "gru_cell", "rnn_tanh_cell", "rnn_relu_cell")
        },
    }
    return {function: label for label, function in named.items()}


FUSED: Final = _fused()
"""Operations with activations inside."""

INSIDE: Final = {
    "F.scaled_dot_product_attention": "softmax",
    "F.multi_head_attention_forward": "softmax",
    "F.gumbel_softmax": "softmax",
    "torch.rnn_relu": "relu",
    "torch.rnn_relu_cell": "relu",
    "torch.rnn_tanh": "tanh",
    "torch.rnn_tanh_cell": "tanh",
}
"""Which one, where it is only one."""
