"""Which of our activations a torch module or a functional call is: torch's names and options to ours.

Requirements:

- One table serves modules and functions: torch spells options alike in both.
- Options are read as torch would read them: positional or by name, defaults filled in.
- What the registry does not know is told apart from what is no activation: a site is never left out of a list because
  its activation is not installed.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from torch import nn

from actreg import Activation, ActregError, Find
from actreg_torch.modules import ActivationModule


@dataclass(frozen=True)
class Known:
    """torch's name of an activation: our name, and torch's options → ours."""

    name: str
    options: Mapping[str, str] = field(default_factory=dict)


def _same(*names: str) -> dict[str, str]:
    return {name: name for name in names}


_AXIS: Final = {"dim": "axis"}
KNOWN: Final[dict[str, Known]] = {
    "celu": Known("celu", _same("alpha")),
    "elu": Known("elu", _same("alpha")),
    "gelu": Known("gelu", _same("approximate")),
    "glu": Known("glu", _AXIS),
    "hardshrink": Known("hard_shrink", _same("lambd")),
    "hardsigmoid": Known("hard_sigmoid"),
    "hardswish": Known("hard_swish"),
    "hardtanh": Known("hard_tanh", _same("min_val", "max_val")),
    "leaky_relu": Known("leaky_relu", _same("negative_slope")),
    "log_softmax": Known("log_softmax", _AXIS),
    "logsigmoid": Known("log_sigmoid"),
    "mish": Known("mish"),
    "prelu": Known("prelu", _same("num_parameters")),
    "relu": Known("relu"),
    "relu6": Known("relu6"),
    "rrelu": Known("rrelu", _same("lower", "upper")),
    "selu": Known("selu"),
    "sigmoid": Known("sigmoid"),
    "silu": Known("silu"),
    "softmax": Known("softmax", _AXIS),
    "softmin": Known("softmin", _AXIS),
    "softplus": Known("softplus", _same("beta", "threshold")),
    "softshrink": Known("soft_shrink", _same("lambd")),
    "softsign": Known("softsign"),
    "tanh": Known("tanh"),
    "tanhshrink": Known("tanh_shrink"),
    "threshold": Known("threshold", _same("threshold", "value")),
}
"""By torch's functional name."""

MODULES: Final[dict[type[nn.Module], str]] = {
    nn.CELU: "celu",
    nn.ELU: "elu",
    nn.GELU: "gelu",
    nn.GLU: "glu",
    nn.Hardshrink: "hardshrink",
    nn.Hardsigmoid: "hardsigmoid",
    nn.Hardswish: "hardswish",
    nn.Hardtanh: "hardtanh",
    nn.LeakyReLU: "leaky_relu",
    nn.LogSigmoid: "logsigmoid",
    nn.LogSoftmax: "log_softmax",
    nn.Mish: "mish",
    nn.PReLU: "prelu",
    nn.ReLU: "relu",
    nn.ReLU6: "relu6",
    nn.RReLU: "rrelu",
    nn.SELU: "selu",
    nn.SiLU: "silu",
    nn.Sigmoid: "sigmoid",
    nn.Softmax: "softmax",
    nn.Softmin: "softmin",
    nn.Softplus: "softplus",
    nn.Softshrink: "softshrink",
    nn.Softsign: "softsign",
    nn.Tanh: "tanh",
    nn.Tanhshrink: "tanhshrink",
    nn.Threshold: "threshold",
}
"""torch's modules, exactly these classes: a subclass may compute something else."""


@dataclass(frozen=True)
class Recognised:
    """torch's name and the options there, our name for it, and our activation where the registry has it."""

    torch_name: str
    name: str
    options: Mapping[str, Any]
    activation: Activation | None

    @property
    def config(self) -> dict[str, Any]:
        """Our form, ``{name: options}``."""
        return {self.name: dict(self.options)}


def module(found: nn.Module, find: Find) -> Recognised | None:
    """What a module computes; None for what is no activation that we know."""
    if isinstance(found, ActivationModule):
        act = found.activation
        return Recognised(type(found).__name__, act.info.name, act.model_dump(), act)
    torch_name = MODULES.get(type(found))
    if torch_name is None:
        return None
    known = KNOWN[torch_name]
    options = {ours: getattr(found, theirs) for theirs, ours in known.options.items()}
    return _recognised(torch_name, options, find)


def call(torch_name: str, given: Mapping[str, Any], find: Find) -> Recognised:
    """What a functional call computes, from its bound arguments."""
    known = KNOWN[torch_name]
    options = {ours: given[theirs] for theirs, ours in known.options.items() if theirs in given}
    if torch_name == "prelu":
        options = {"num_parameters": int(given["weight"].numel())}
    return _recognised(torch_name, options, find)


def _recognised(torch_name: str, options: dict[str, Any], find: Find) -> Recognised:
    name = KNOWN[torch_name].name
    options = {key: value for key, value in options.items() if value is not None}
    try:
        act = find({name: options})
    except ActregError:
        return Recognised(torch_name, name, options, None)
    return Recognised(torch_name, act.info.name, options, act)
