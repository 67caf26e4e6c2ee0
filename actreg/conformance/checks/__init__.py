"""The table of checks: each a function whose docstring states the law that it tests."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from actreg.conformance.checks import (
    accuracy,
    adjoint,
    arrays,
    config,
    invariance,
    laws,
    names,
    parameters,
    refusals,
    special,
    state,
    transforms,
)
from actreg.conformance.checks.finding import Finding
from actreg.conformance.fresh import has_address
from actreg.conformance.subject import Subject

_KINDS: Final = ("elementwise", "axiswise", "gated", "expanding", "projection")
_LINES: Final = _KINDS[1:]


@dataclass(frozen=True)
class Check:
    """A law and where it applies. once: it does not depend on dtype or backend, and is checked once a case."""

    name: str
    run: Callable[[Subject], Finding]
    kinds: tuple[str, ...] = _KINDS
    applies: Callable[[Subject], bool] = lambda s: True
    truth: bool = False
    once: bool = False

    @property
    def law(self) -> str:
        """The law, a sentence."""
        return " ".join((self.run.__doc__ or "").split())

    def concerns(self, s: Subject) -> bool:
        """Whether the law says something about this subject."""
        if s.kind not in self.kinds or not self.applies(s):
            return False
        # Points can't be judged alone where a parameter runs along an axis: its slices are, one by one.
        return not self.truth or s.kind != "elementwise" or s.case.scalars is not None


def _limited(s: Subject) -> bool:
    laws = s.case.laws
    return laws.limits is not None or laws.derivative_limits is not None


def _monotone(s: Subject) -> bool:
    return bool(s.case.laws.monotone)


def _slow(s: Subject) -> bool:
    return s.dtype == "float32" and s.number < 2


_POINTS: Final = ("elementwise",)

CHECKS: Final = (
    Check("value", accuracy.value, truth=True),
    Check("derivative", accuracy.derivative, _POINTS, truth=True),
    Check("gradient", accuracy.gradient, truth=True),
    Check("parameter gradient", accuracy.parameter_gradient, _POINTS, lambda s: bool(s.case.parameters), truth=True),
    Check("dot product", adjoint.dot_product, applies=lambda s: not s.act.noise()),
    Check("finite differences", adjoint.finite_differences, applies=lambda s: s.dtype == "float64"),
    Check("limits", special.limits, _POINTS, _limited, truth=True),
    Check("limits of lines", special.lines_special, _LINES, truth=True),
    Check("kinks", special.kinks, _POINTS, lambda s: len(special.kinks_within(s)) > 0, truth=True),
    Check("nan", special.nan),
    Check("nan in parameters", special.nan_in_parameters, applies=lambda s: bool(s.case.parameters)),
    Check("signed zero", special.signed_zero, _POINTS, truth=True),
    Check("subnormals", special.subnormals, _POINTS, truth=True),
    Check("shapes", arrays.shapes),
    Check("layouts", arrays.layouts),
    Check("input kept", arrays.input_kept),
    Check("out", arrays.out),
    Check("length", invariance.length),
    Check("length of gradients", invariance.length_of_gradients),
    Check("threads", invariance.threads, applies=lambda s: s.representative),
    Check("deterministic", invariance.deterministic),
    Check("concurrent", invariance.concurrent),
    Check("refusals", refusals.refusals),
    Check("global state", state.global_state),
    Check("silent", state.silent),
    Check("leaks", state.leaks),
    Check("double backward", transforms.double_backward, applies=lambda s: s.pointwise or s.dtype == "float64"),
    Check("jvp", transforms.jvp),
    Check("vmap", transforms.vmap),
    Check("autocast", transforms.autocast),
    Check("compile", transforms.compiled, applies=_slow),
    Check("export", transforms.exported, applies=lambda s: _slow(s) and s.number == 0),
    Check("onnx", transforms.onnx, applies=lambda s: _slow(s) and s.number == 0),
    Check("fresh layers", parameters.fresh),
    Check("parameters along an axis", parameters.along_axis, _POINTS, lambda s: s.case.scalars is None),
    Check("sums of parameter gradients", parameters.sums, _POINTS, lambda s: bool(s.case.scalars)),
    Check("range", laws.in_range, truth=True),
    Check("monotone", laws.monotone, _POINTS, _monotone, truth=True),
    Check("symmetry", laws.symmetric, _POINTS, lambda s: s.case.laws.symmetry is not None, truth=True),
    Check(
        "derivative from output",
        laws.derivative_from_output,
        _POINTS,
        lambda s: bool(s.case.laws.derivative_from_output),
        truth=True,
    ),
    Check("normalised", laws.normalised, ("axiswise",), lambda s: s.case.laws.normalises is not None),
    Check("shift", laws.shift_invariant, _LINES, lambda s: s.case.laws.shift_invariant),
    Check("permutation", laws.permutes, ("axiswise",), lambda s: s.case.laws.equivariant),
    Check("first winner", laws.first_winner, ("axiswise", "expanding"), lambda s: s.case.laws.winner is not None),
    Check("gates", laws.gates, ("gated",)),
    Check("config round trip", config.round_trip, once=True),
    Check("config in a fresh process", config.elsewhere, applies=lambda s: has_address(type(s.act)), once=True),
    Check("config zeros", config.signed_zeros, applies=lambda s: bool(config.number_fields(type(s.act))), once=True),
    Check("config refusals", config.refuses, once=True),
    Check("config schema", config.schema, once=True),
    Check("aliases", names.aliases, applies=lambda s: s.number == 0, once=True),
    Check("names differ", names.names_differ, applies=lambda s: s.number == 0, once=True),
    Check("collisions", names.collisions, applies=lambda s: s.number == 0, once=True),
    Check("order of plugins", names.order, applies=lambda s: s.number == 0, once=True),
    Check("import cost", names.import_cost, applies=lambda s: s.number == 0 and has_address(type(s.act)), once=True),
)

__all__ = ["CHECKS", "Check", "Finding"]
