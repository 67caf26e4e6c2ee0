"""Checks of kernels: that somebody will meet them, and that they can be bound."""

from __future__ import annotations

import re
from collections.abc import Iterator

from actreg.authoring.definitions import required
from actreg.authoring.finding import Finding, Severity
from actreg.authoring.subject import Subject
from actreg.contracts.backend import Backend
from actreg.contracts.kernel import Bound, Kernel
from actreg.errors import ActregError, did_you_mean, suggest
from actreg.registry import Registry
from actreg.registry.faults import said


def kernels(s: Subject, registry: Registry) -> Iterator[Finding]:
    """Every kernel names an activation and a backend that there are, and binds or declines wherever it applies."""
    for kernel in s.things("kernels"):
        place = s.mention(rf"[\"']{re.escape(kernel.provider)}[\"']")
        if not place[0]:
            place = s.place(f"{kernel.backend}.{kernel.activation}")
        for message, fix, severity in _faults(kernel, registry):
            yield Finding("kernels", f"{kernel.provider}: {message}", fix, severity, *place)


def _faults(kernel: Kernel, registry: Registry) -> Iterator[tuple[str, str, Severity]]:
    if kernel.activation not in registry.names():
        fix = _unmet(kernel.activation, registry)
        yield f"no activation is called {kernel.activation!r}, so that it never runs", fix, "error"
        return
    if kernel.backend not in registry.backend_names():
        near = did_you_mean(suggest(kernel.backend, registry.backend_names()))
        message = f"the backend {kernel.backend!r} is not installed here, so that it was not tried{near}"
        yield message, "correct the name, or install the backend", "warning"
        return
    try:
        backend = registry.backend(kernel.backend)
    except ActregError as error:
        yield f"it was not tried: {error}", "install what the backend needs", "warning"
        return
    for cls in registry.claimants(kernel.activation):
        wrong = {
            text: f"{dtype} on {device}"
            for device, dtype in _where(backend, kernel)
            for text in _bound(kernel, cls, device, dtype)
        }
        for text, where in wrong.items():
            yield f"bound to {kernel.activation} in {where} it {text}", "return a Bound, or None to decline", "error"


def _unmet(name: str, registry: Registry) -> str:
    try:
        return f"name it canonically, {registry.find(name).info.name!r}"
    except ActregError:
        return (
            f"correct the name, or require the distribution that has it{did_you_mean(suggest(name, registry.names()))}"
        )


def _where(backend: Backend, kernel: Kernel) -> Iterator[tuple[str, str]]:
    for device in backend.devices():
        for dtype in backend.dtypes(device):
            if kernel.applies(device, dtype):
                yield device, dtype


def _bound(kernel: Kernel, cls: type, device: str, dtype: str) -> Iterator[str]:
    try:
        bound: object = kernel.bind(cls(**required(cls)), device, dtype)
    except Exception as error:  # the plugin's code
        yield f"raises {said(error)}"
        return
    if bound is not None and not isinstance(bound, Bound):
        yield f"returns {type(bound).__name__}"
