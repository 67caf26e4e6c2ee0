"""Everything that would go wrong with a plugin, all findings at once.

Requirements:

- A check that fails in one place does not keep the others from running.
- What one check reports the next does not report again.
- The registry looked at is the whole one: names have to be free among all that is installed.
"""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from actreg.authoring import definitions, imports, kernels, naming, packaging, probes, proof, wheel
from actreg.authoring.finding import Finding
from actreg.authoring.subject import Subject, find
from actreg.registry import Registry
from actreg.registry.gather import gather
from actreg.registry.policy import Policy


@dataclass(frozen=True)
class Report:
    """name, version: of the distribution. provides: what it provides, by kind. findings: in the order of checks."""

    name: str
    version: str
    provides: dict[str, list[str]]
    findings: tuple[Finding, ...]

    @property
    def ok(self) -> bool:
        """Whether there is no error; warnings and notes are none."""
        return not any(finding.severity == "error" for finding in self.findings)


def check(what: str, *, prove: bool = True, progress: Callable[[int, int], None] | None = None) -> Report:
    """Checks an installed distribution, by its name or its project's folder.

    prove: whether the conformance suite runs, which takes the longest. progress: called with how many of its checks
    are done, and of how many. Raises UnknownNameError where it is not installed or is no plugin.
    """
    subject = find(what)
    # First, because importing it here may change what a process of its own inherits.
    first = list(imports.imports(subject))
    if any(finding.rule == imports.FATAL for finding in first):
        return Report(subject.name, subject.declared.version, {}, tuple(first))
    # What a plugin prints is not the report's.
    with contextlib.redirect_stdout(sys.stderr):
        # Under no policy: a blocked plugin is checked all the same. Strict: what fails is not left out.
        registry = Registry.from_plugins(gather(Policy()), strict=True)
        findings = [*first, *_findings(subject, registry, prove=prove, progress=progress)]
    provides = {
        "activations": sorted({cls.info.name for cls in subject.things("activations")}),
        "aliases": sorted(
            {alias.name for alias in subject.things("aliases")}
            | {alias for cls in subject.things("activations") for alias in cls.info.aliases}
        ),
        "backends": sorted({cls.name for cls in subject.things("backends")}),
        "kernels": sorted({f"{kernel.backend}.{kernel.activation}" for kernel in subject.things("kernels")}),
    }
    return Report(subject.name, subject.declared.version, provides, tuple(dict.fromkeys(findings)))


def _findings(
    s: Subject, registry: Registry, *, prove: bool, progress: Callable[[int, int], None] | None
) -> Iterator[Finding]:
    yield from packaging.metadata(s)
    yield from packaging.references(s)
    yield from naming.names(s, registry)
    yield from naming.statics(s)
    yield from definitions.options(s)
    yield from definitions.shapes(s, registry)
    yield from probes.backends(s, registry)
    yield from kernels.kernels(s, registry)
    yield from wheel.wheel(s)
    if prove and not any(plugin.broken for plugin in s.hooked):
        yield from proof.conformance(s, registry, progress)
    elif not prove:
        yield Finding("conformance", "the suite was not run", "run it without --quick", "note")
