"""What was asked for and not tested: untested is a failure, never a blank.

Requirements:

- Every activation asked for is tested on every backend that runs its kind, in every dtype that this one declares; where
  no configuration could be made, or every check was skipped, that cell fails.
- A kernel that is asked for and never chosen fails.
- A kind that a backend does not declare is skipped by that name.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence, Set
from typing import Any

from actreg.conformance.record import Record
from actreg.conformance.scope import Scope

CHECK = "tested"
LAW = "What is asked for is tested: every activation on every backend that runs its kind, in every dtype."
_NO_CASE = "there is no configuration of it to test: give its required options examples, Field(…, examples=[…])"


def gaps(
    found: Sequence[Scope],
    met: Set[tuple[str, str, str]],
    backends: Sequence[str] | None = None,
    dtypes: Sequence[str] | None = None,
) -> list[Record]:
    """A failing record for every cell asked for that is not met, a skip for every undeclared kind.

    met: (activation, backend, dtype) of what has checks to run.
    """
    missing = []
    for scope in found:
        for key, device, kind in _asked(scope, backends, dtypes):
            if kind or key not in met:
                missing.append(_record(key, device, kind, _NO_CASE))
        missing += _idle(scope, met)
    return missing


def all_skipped(records: Iterable[Record]) -> list[Record]:
    """A failing record for every cell of which each check was skipped."""
    tested: dict[tuple[str, str, str], tuple[bool, str]] = {}
    for r in records:
        key = (r.activation, r.backend, r.dtype)
        tested[key] = (tested.get(key, (False, ""))[0] or r.verdict != "skipped", r.device)
    return [_record(key, device, "", "every check was skipped") for key, (any_, device) in tested.items() if not any_]


def _asked(scope: Scope, backends: Sequence[str] | None, dtypes: Sequence[str] | None) -> Iterator[Any]:
    for name in scope.where(backends):
        if scope.only_kernels(name):
            continue
        library = scope.registry.backend(name)
        device, kind = library.devices()[0], scope.cls.kind
        for dtype in library.dtypes(device):
            if dtypes is None or dtype in dtypes:
                yield (scope.cls.info.name, name, dtype), device, "" if kind in library.kinds else kind


def _idle(scope: Scope, met: Set[tuple[str, str, str]]) -> Iterator[Record]:
    for kernel in scope.kernels:
        name = scope.cls.info.name
        if scope.only_kernels(kernel.backend) and not any(key[:2] == (name, kernel.backend) for key in met):
            reason = f"the kernel {kernel.provider} is never chosen: it declines, or another has a higher priority"
            yield _record((name, kernel.backend, ""), "", "", reason)


def _record(key: tuple[str, str, str], device: str, kind: str, reason: str) -> Record:
    name, backend, dtype = key
    return Record(
        activation=name,
        config="default",
        backend=backend,
        device=device,
        dtype=dtype,
        check=CHECK,
        law=LAW,
        verdict="skipped" if kind else "fail",
        reason=f"needs the capability {kind!r}" if kind else reason,
        capability=kind,
    )
