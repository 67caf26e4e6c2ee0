"""Checks a plugin's mathematics: the conformance suite on everything that it provides, in all dtypes."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from actreg.authoring.finding import Finding
from actreg.authoring.subject import Subject, line_of
from actreg.errors import ActregError
from actreg.registry import Registry


def conformance(
    s: Subject, registry: Registry, progress: Callable[[int, int], None] | None = None
) -> Iterator[Finding]:
    """Every law holds for every activation, backend and kernel, in every dtype."""
    from actreg.conformance.runner import check
    from actreg.conformance.scope import Distribution

    try:
        records = check(Distribution(s.name), registry, progress=progress)
    except ActregError as error:
        yield Finding("conformance", f"the suite can't run: {error}", "mend what is reported above")
        return
    places = {cls.info.name: line_of(cls) for cls in s.things("activations")}
    for record in records:
        if not record.ok:
            seen = f", {record.got} at {record.worst_input} for {record.expected}" if record.got else ""
            message = f"{record}: {record.reason or record.law}{seen}"
            fix = f"reproduce with: {record.reproduction}" if record.reproduction else ""
            yield Finding("conformance", message, fix, "error", *places.get(record.activation, ("", 0)))
    if not records:
        yield Finding("conformance", "there was nothing to test", "provide an activation, a backend or a kernel")
