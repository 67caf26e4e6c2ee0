"""The suite in pytest: one line in a test module, or one command for an installed distribution.

``test_conformance = actreg.conformance.suite("my-package")`` in a test module, or
``pytest --actreg-plugin=my-package --pyargs actreg.conformance``.

Requirements:

- One test for each law of each cell; its id is a sentence: what, where, and the law.
- A failure prints what the record has to say, and no traceback of ours. A deviation that is listed, and a failure that
  was announced, are xfailed; an announced one that passes fails. A skip names the capability.
- What was asked for and can't be tested is a test that fails.
- The line works without the plugin's being loaded, under xdist, with every import mode, and with warnings as errors.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from actreg.conformance.expected import settle
from actreg.conformance.judge import run
from actreg.conformance.plan import Cell, Plan, cell_name, plan
from actreg.conformance.record import Record
from actreg.conformance.scope import Distribution
from actreg.errors import ActregError, InputError

Job = Callable[[], Record]


def suite(
    what: Any,
    *,
    expected: Mapping[str, str] | None = None,
    registry: Any = None,
    backends: Sequence[str] | None = None,
    dtypes: Sequence[str] | None = None,
    checks: Sequence[str] | None = None,
) -> Callable[..., None]:
    """A test function with one case for each law of each cell of `what`; put it under a name that pytest collects.

    what: the name of a distribution, or an activation, a backend or a kernel, as `actreg.conformance.check` takes.
    expected: announced failures with reasons: a check's name, or ``my_act on torch in float16: nan``, or a pattern.
    Raises UnknownNameError, ExpectationError, and InputError where there is nothing to test.
    """
    announced = dict(expected or {})
    jobs = list(_jobs(plan(what, registry, backends, dtypes, checks, announced), announced))
    if not jobs:
        raise InputError(f"{what!r}: there is nothing to test")

    @pytest.mark.parametrize("job", [pytest.param(job, id=_ascii(name)) for name, job in jobs])
    def test_conformance(job: Job) -> None:
        _report(job())

    return test_conformance


def pytest_collect_file(file_path: Path, parent: pytest.Collector) -> pytest.Collector | None:
    """``--pyargs actreg.conformance`` collects this file, and it alone has tests."""
    if file_path != Path(__file__):
        return None
    found: pytest.Collector = Suite.from_parent(parent, path=file_path, nodeid="actreg.conformance")
    return found


def require_target(config: pytest.Config) -> None:
    """A distribution that was named and not tested would look like success: UsageError."""
    targets = {str(argument).partition("::")[0] for argument in config.args}
    # xdist's workers do what their controller was asked.
    if not hasattr(config, "workerinput") and not (config.option.pyargs and "actreg.conformance" in targets):
        raise pytest.UsageError("--actreg-plugin tests nothing without --pyargs actreg.conformance")


class Suite(pytest.File):
    """Everything that the distributions of ``--actreg-plugin`` provide."""

    def collect(self) -> Iterator[pytest.Item]:
        """One item for each law of each cell."""
        option = self.config.getoption
        try:
            announced = dict(_announced(text) for text in option("actreg_expect") or ())
            found = [Distribution(name) for name in option("actreg_plugin")]
            picked = option("actreg_backend"), option("actreg_dtype"), option("actreg_check")
            jobs = list(_jobs(plan(found, None, *picked, announced), announced))
        except ActregError as error:
            raise self.CollectError(f"actreg: {error}") from error
        if not jobs:
            raise self.CollectError(f"actreg: {', '.join(option('actreg_plugin'))} provides nothing to test")
        for name, job in jobs:
            yield Law.from_parent(self, name=name, job=job)


class Law(pytest.Item):
    """One law of one cell."""

    def __init__(self, *, job: Job, **rest: Any) -> None:
        super().__init__(**rest)
        self.job = job

    def runtest(self) -> None:
        """Checks it."""
        _report(self.job())

    def reportinfo(self) -> tuple[Path, None, str]:
        """Where it stands in reports: under its sentence, in which pytest shall not take a point for a path."""
        return self.path, None, f"actreg: {self.name}"


def _jobs(found: Plan, announced: Mapping[str, str]) -> Iterator[tuple[str, Job]]:
    for cell in found.cells:
        yield f"{cell_name(*cell)}: {_sentence(cell[1].law)}", partial(_settled, cell, announced)
    for record in found.missing:
        yield f"{record}: {_sentence(record.law)}", partial(_known, record)


def _settled(cell: Cell, announced: Mapping[str, str]) -> Record:
    return settle(run(*cell), announced)


def _known(record: Record) -> Record:
    return record


def _report(record: Record) -> None:
    # Whoever reads the failure knows the law and the numbers; a traceback of the suite would bury them.
    if record.verdict == "skipped":
        pytest.skip(record.reason)
    if record.verdict in ("deviation", "expected"):
        pytest.xfail(record.reason)
    if not record.ok:
        pytest.fail(record.explain(), pytrace=False)


def _announced(text: str) -> tuple[str, str]:
    key, equals, reason = text.rpartition("=")
    if not equals:
        raise InputError(f"--actreg-expect takes CHECK=REASON, not {text!r}")
    return key, reason


def _sentence(law: str) -> str:
    return law.partition(". ")[0].removesuffix(".").replace("``", "").replace("::", ":")


def _ascii(text: str) -> str:
    # pytest would write a sign outside of ASCII as \xb1.
    for sign, plain in {"±": "+-", "×": "x", "·": "*", "′": "'", "–": "-", "−": "-"}.items():
        text = text.replace(sign, plain)
    return text.encode("ascii", "ignore").decode()
