"""One module that is called several times in a forward, as several instances.

Requirements:

- Which instance serves a call depends on the order of calls within one run of the caller; the count starts anew each
  time the caller starts, so that an exception or another length of run leaves nothing behind.
- Sound only where every run of the caller makes the same number of calls, which the example showed; one call more is an
  error, not a guess.
- Copies and pickles with the model: the hook on the caller is a method of this module.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
from torch import nn

from actreg import InputError


class PerCall(nn.Module):
    """The first call of a run goes to the first instance, the second to the second."""

    def __init__(self, instances: Sequence[nn.Module], owner: nn.Module) -> None:
        super().__init__()
        for place, instance in enumerate(instances):
            self.add_module(str(place), instance)
        self.turn = 0
        self.handle = owner.register_forward_pre_hook(self.restart)

    def restart(self, *_: Any) -> None:
        """The caller starts a run."""
        self.turn = 0

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """The activation of x that belongs to this call."""
        if self.turn >= len(self._modules):
            raise InputError(
                f"this activation was split for {len(self._modules)} calls in a run, and is called once more;"
                " split it with an example that makes as many"
            )
        module = self._modules[str(self.turn)]
        assert module is not None
        self.turn += 1
        y: torch.Tensor = module(x)
        return y
