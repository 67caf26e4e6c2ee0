"""Sweeping whole dtypes: every 16-bit number, executors, journals, interruptions."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

import actreg
from actreg.conformance.exhaustive import run as running
from actreg.conformance.exhaustive import truth
from actreg.conformance.exhaustive.journal import Journal, JournalError
from actreg.conformance.exhaustive.measure import Job, Unit, measure, patterns
from actreg.conformance.exhaustive.run import run
from actreg.conformance.formats import FORMATS

NAMES = sorted({*truth.FORMULAS} & {*actreg.Registry().names()})
JOB = Job("silu", dtype="float16")


@pytest.mark.parametrize("dtype", ["float16", "bfloat16"])
@pytest.mark.parametrize("name", NAMES)
def test_half_precisions_are_correctly_rounded(name, dtype):
    """Every one of the 65,536 numbers, value and derivative, NaN, infinities and signs included."""
    part = measure(Unit(Job(name, dtype=dtype), 0, 1 << 16))
    for found in (part.value, part.derivative):
        assert found.count == 1 << 16
        assert (found.not_nan, found.not_inf, found.sign) == (0, 0, 0)
        assert found.max_ulp <= 0.5 + 1e-6


def test_every_pattern_is_met_once():
    """A step leaves no exponent out; step 1 leaves nothing out."""
    assert len(set(patterns(FORMATS["float16"], 0, 1 << 16).view(np.uint16).tolist())) == 1 << 16
    with np.errstate(invalid="ignore"):
        x = patterns(FORMATS["float32"], 0, Job("relu", step=99_991).size, 99_991).astype(np.float64)
    assert len(set(np.frexp(x[np.isfinite(x) & (x != 0)])[1].tolist())) >= 254


@pytest.fixture
def small_units(monkeypatch):
    monkeypatch.setattr(running, "UNIT", 10_000)


@pytest.mark.usefixtures("small_units")
def test_any_executor_gives_the_same(tmp_path):
    """Serially, on threads, and from a journal: one result."""
    told = []
    (plain,) = run([JOB], progress=lambda done, total: told.append((done, total)))
    assert told[-1] == (1 << 16, 1 << 16)
    assert len(told) == 7
    with ThreadPoolExecutor(3) as pool:
        (pooled,) = run([JOB], pool, Journal(tmp_path / "j"))
    (again,) = run([JOB], None, Journal(tmp_path / "j"))
    for other in (pooled, again):
        assert (other.part.value, other.part.derivative) == (plain.part.value, plain.part.derivative)
        assert (other.part.start, other.part.stop) == (0, 1 << 16)


@pytest.mark.usefixtures("small_units")
def test_an_interrupted_sweep_goes_on_where_it_was(tmp_path, monkeypatch):
    """What was finished is not computed again, and the result is the same."""
    path, calls = tmp_path / "journal.json", []

    def stop_at_third(done, total):
        if done >= 30_000:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run([JOB], None, Journal(path), stop_at_third)
    monkeypatch.setattr(running, "measure", lambda unit: (calls.append(unit), measure(unit))[1])
    (resumed,) = run([JOB], None, Journal(path))
    assert [unit.start for unit in calls] == [30_000, 40_000, 50_000, 60_000]
    assert resumed.part.value == run([JOB])[0].part.value


@pytest.mark.parametrize(
    ("spoil", "message"),
    [
        (lambda text: text[:200], "cut off"),
        (lambda text: text.replace('"not_nan": 0', '"not_nan": 1', 1), "do not fit its digest"),
        (lambda text: text.replace("sweep 1", "sweep 9"), "format"),
        (lambda text: "[]", "no journal"),
    ],
)
def test_a_damaged_journal_is_an_error_and_stays(tmp_path, spoil, message):
    """It says what is wrong and names the file, which keeps its bytes."""
    path = tmp_path / "journal.json"
    run([JOB], None, Journal(path))
    path.write_text(spoil(path.read_text()))
    before = path.read_bytes()
    with pytest.raises(JournalError, match=message):
        run([JOB], None, Journal(path))
    assert path.read_bytes() == before


def test_a_journal_of_other_code_is_an_error(tmp_path, monkeypatch):
    """It says which fact differs; nothing is lost."""
    path = tmp_path / "journal.json"
    run([JOB], None, Journal(path))
    before = path.read_bytes()
    facts = running.facts_of(JOB)
    monkeypatch.setattr(running, "facts_of", lambda job: {**facts, "kernel": "another"})
    with pytest.raises(JournalError, match=f"kernel was {facts['kernel']}, is another"):
        run([JOB], None, Journal(path))
    assert path.read_bytes() == before


def test_one_journal_holds_many_sweeps(tmp_path):
    """Jobs don't disturb each other, and ranges that meet are one."""
    path = tmp_path / "journal.json"
    other = Job("elu", (("alpha", 0.5),), dtype="bfloat16")
    run([JOB], None, Journal(path))
    run([other], None, Journal(path))
    journal = json.loads(path.read_text())
    assert [len(sweep["parts"]) for sweep in journal["sweeps"]] == [1, 1]
    assert [sweep["job"]["config"] for sweep in journal["sweeps"]] == [{}, {"alpha": 0.5}]
