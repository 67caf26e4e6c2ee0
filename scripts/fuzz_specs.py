"""Reads hostile specs: every one must end in a ModelSpec or a SpecError, soon, and in bounded memory.

Usage: python scripts/fuzz_specs.py [--count N] [--seed S] [--first N] [--memory N]

Specs are made from a seed, so that a finding can be made again: whole ones drawn from the JSON Schema of specs (so that
every option of every layer and activation comes up), mutations of the shipped ones and of a few that use the whole
grammar (bytes, tokens, trees), and bombs (aliases, nesting, variables, blocks, repetitions, expressions, merge keys).

Each is read as `actreg check` reads it. A finding is anything but a SpecError, a diagnostic outside its text, a read of
more than a second of CPU time, or a peak of traced memory beyond 64 MiB. The status is 1 where there is a finding.
"""

from __future__ import annotations

import argparse
import signal
import sys
import time
import tracemalloc
from collections import Counter
from contextlib import suppress
from dataclasses import dataclass
from types import FrameType
from typing import Final

from fuzz_makers import make

from actreg.errors import SpecError
from actreg.model.places import Source
from actreg.model.read import read_spec
from actreg.model.table import rows

SECONDS: Final = 1.0
"""CPU time that one spec may take."""
BYTES: Final = 64 * 1024 * 1024
"""Peak of traced memory while one spec is read."""
HANG: Final = 120
"""Seconds after which a read is broken off."""


@dataclass(frozen=True)
class Finding:
    """One thing wrong with how a spec was read. number: of the spec, with the seed enough to make it again."""

    number: int
    kind: str
    problem: str
    text: str


def problem_of(text: str | bytes, *, memory: bool = True) -> str | None:
    """What is wrong with how a spec is read; None where nothing is."""
    if isinstance(text, bytes):
        text = text.decode("utf-8", errors="replace")
    text += "\n"  # a text of one line would be taken for a path
    try:
        return _wrong(text) or _too_slow(text) or (_too_large(text) if memory else None)
    except Exception as error:  # whatever comes is the finding
        return f"{type(error).__name__}: {error}"[:300]


def _wrong(text: str) -> str | None:
    try:
        spec = read_spec(text)
        rows(spec.plan)
        if len(spec.plan.nodes) < 1000 and read_spec(spec.text).plan != spec.plan:
            return "its own text gives another plan"
    except SpecError as error:
        lines = len(Source("", text).lines)
        outside = [str(d) for d in error.diagnostics if not (1 <= d.line <= lines and d.column >= 1 and d.message)]
        return f"a diagnostic outside the text: {outside[0]}" if outside else None
    return None


def _too_slow(text: str) -> str | None:
    seconds = _seconds(text)
    if seconds > SECONDS:  # a busy machine slows one run down, not each
        seconds = min(seconds, _seconds(text), _seconds(text))
    return f"{seconds:.1f} s" if seconds > SECONDS else None


def _seconds(text: str) -> float:
    start = time.process_time()
    with suppress(SpecError):
        read_spec(text)
    return time.process_time() - start


def _too_large(text: str) -> str | None:
    tracemalloc.start()
    try:
        with suppress(SpecError):
            read_spec(text)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    return f"{peak / 2**20:.0f} MiB" if peak > BYTES else None


def _broken_off(number: int, frame: FrameType | None) -> None:
    raise TimeoutError(f"not done after {HANG} s")


def fuzz(count: int, seed: int, *, memory: int = 1, first: int = 0) -> tuple[list[Finding], Counter[str]]:
    """Reads `count` specs; the findings, and how many of each kind there were.

    memory: traced for each n-th; 0: for none. first: the number of the first spec.
    """
    findings: list[Finding] = []
    made: Counter[str] = Counter()
    before = signal.signal(signal.SIGALRM, _broken_off)
    try:
        for number in range(first, first + count):
            kind, text = make(seed, number)
            made[kind] += 1
            signal.alarm(HANG)
            problem = problem_of(text, memory=bool(memory) and number % memory == 0)
            signal.alarm(0)
            if problem is not None:
                findings.append(Finding(number, kind, problem, text if isinstance(text, str) else repr(text)))
    finally:
        signal.alarm(0)
        signal.signal(signal.SIGALRM, before)
    return findings, made


def main() -> int:
    """The command line."""
    parser = argparse.ArgumentParser(description="Reads hostile specs and reports what goes wrong.")
    parser.add_argument("--count", type=int, default=2000)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--first", type=int, default=0, help="the number of the first spec, to share the work")
    parser.add_argument("--memory", type=int, default=1, help="trace memory for each n-th spec; 0 for none")
    given = parser.parse_args()
    start, total, count = time.monotonic(), Counter[str](), 0
    for done in range(0, given.count, 1000):
        some = min(1000, given.count - done)
        findings, made = fuzz(some, given.seed, memory=given.memory, first=given.first + done)
        for finding in findings:
            sys.stdout.write(f"seed {given.seed}, number {finding.number} ({finding.kind}): {finding.problem}\n")
        sys.stdout.flush()
        total.update(made)
        count += len(findings)
        sys.stderr.write(f"{done + some} of {given.count}, {count} findings, {time.monotonic() - start:.0f} s\n")
    kinds = ", ".join(f"{number} {kind}" for kind, number in sorted(total.items()))
    sys.stdout.write(f"{given.count} specs ({kinds}): {count} findings\n")
    return 1 if count else 0


if __name__ == "__main__":
    sys.exit(main())
