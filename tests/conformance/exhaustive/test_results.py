"""The committed results: not stale, true of the present code, and what the page shows."""

from __future__ import annotations

import importlib.util
import json
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest

from actreg.conformance.exhaustive import lines, page, results, truth
from actreg.conformance.exhaustive.code import truth_digest
from actreg.conformance.exhaustive.facts import code_facts
from actreg.conformance.exhaustive.hard import Hard, hard
from actreg.conformance.exhaustive.measure import Job, Unit, measure, subject_of
from actreg.conformance.exhaustive.tally import Tally

ROOT = Path(__file__).parents[3]
DATA = ROOT / "docs" / "accuracy"
OWN = results.read(DATA / "numpy.jsonl")
JAX = results.read(DATA / "actreg-jax.jsonl")
WIDE = [record for record in OWN if record.dtype == "float32"]
HARD = [json.loads(line) for line in (DATA / "float64.jsonl").read_text().splitlines()]
LINES = [json.loads(line) for line in (DATA / "lines.jsonl").read_text().splitlines()]
PEERS = [record for name in ("torch", "jax") for record in results.read(DATA / f"{name}.jsonl")]
SWEPT = {("elu",), ("gelu",), ("gelu", "tanh"), ("mish",), ("silu",), ("softplus",), ("tanh",)}
"""Swept whole in float32: what was once proven stays proven."""
SEED = int(datetime.now(UTC).strftime("%Y%m%d"))
"""Another slice every day; a failure names it."""


def name(record):
    config = record.config if isinstance(record, results.Record) else record["config"]
    activation = record.activation if isinstance(record, results.Record) else record["activation"]
    return f"{activation}{config or ''}-{record.dtype if isinstance(record, results.Record) else record['dtype']}"


def test_every_promise_is_measured():
    """Every function in float32, in the half precisions and in float64; what runs along an axis; torch and jax."""
    assert {r.activation for r in WIDE} == {*truth.FORMULAS}
    assert all(r.inputs >= 10**8 for r in WIDE)
    assert {(r.activation, *r.config.values()) for r in WIDE if r.inputs == 1 << 32} >= SWEPT
    for dtype in ("float16", "bfloat16"):
        assert {r.activation for r in OWN if r.dtype == dtype} == {*truth.FORMULAS}
    assert {row["activation"] for row in HARD} == {*truth.FORMULAS}
    assert {row["activation"] for row in LINES} == {*lines.TRUTHS}
    for dtype in ("float32", "float16", "bfloat16"):
        assert {r.activation for r in JAX if r.dtype == dtype} == {*truth.FORMULAS}
    assert {r.backend for r in PEERS} == {"torch", "jax"}


@pytest.mark.parametrize("record", [*OWN, *JAX], ids=name)
def test_recorded_errors_keep_the_promise(record):
    """0.51 ulp forward, 1 ulp derivative; half precision correctly rounded; nothing wrong with NaN, inf or a sign."""
    half = record.dtype != "float32"
    assert record.value.max_ulp <= (0.5 + 1e-5 if half else 0.51)
    assert record.derivative.max_ulp <= (0.5 + 1e-5 if half else 1.0)
    for tally in (record.value, record.derivative):
        assert tally.count == record.inputs
        assert (tally.not_nan, tally.not_inf, tally.sign) == (0, 0, 0)
    assert record.inputs == (1 << 16 if half else record.job.size)
    assert record.truth.good
    assert record.truth.points >= 20_000


@pytest.mark.parametrize("record", [*OWN, *PEERS], ids=name)
def test_no_record_is_stale(record):
    """The code that computed it is the code that is here: run the record's command again where this fails."""
    assert record.facts["truth"] == truth_digest(record.activation), record.command
    if record.backend == "numpy":
        assert record.facts["kernel"] == code_facts(record.job)["kernel"], record.command


@pytest.mark.parametrize("record", JAX, ids=name)
def test_no_record_of_a_plugin_is_stale(record):
    """The formula that it computed is the one that is here."""
    pytest.importorskip("actreg_jax")
    assert record.facts["truth"] == truth_digest(record.activation), record.command
    assert record.facts["kernel"] == code_facts(record.job)["kernel"], record.command


@pytest.mark.parametrize("place", range(2))
def test_a_random_slice_on_jax_is_as_recorded(place):
    """Of two functions a day, chosen by the date: compiling is what takes time."""
    pytest.importorskip("actreg_jax")
    wide = [r for r in JAX if r.dtype == "float32"]
    record = wide[(2 * SEED + place) % len(wide)]
    start = int(np.random.default_rng([SEED, place]).integers(0, record.job.size - (1 << 17)))
    part = measure(Unit(record.job, start, start + (1 << 17)))
    for found, recorded in ((part.value, record.value), (part.derivative, record.derivative)):
        assert found.max_ulp <= recorded.max_ulp + 1e-6, (record.activation, SEED, start)
        assert (found.not_nan, found.not_inf, found.sign) == (0, 0, 0), (record.activation, SEED, start)


@pytest.mark.parametrize("row", [*HARD, *LINES], ids=name)
def test_no_row_is_stale(row):
    """As for the sweeps."""
    job = Job(row["activation"], tuple(sorted(row["config"].items())), dtype=row["dtype"])
    assert row["facts"]["kernel"] == code_facts(job)["kernel"], row["command"]


@pytest.mark.parametrize("record", WIDE, ids=name)
def test_a_random_slice_of_float32_is_as_recorded(record):
    """2^17 neighbouring bit patterns, chosen by the date, and the worst inputs."""
    count = 1 << 17
    start = int(np.random.default_rng([SEED, *record.activation.encode()]).integers(0, record.job.size - count))
    part = measure(Unit(record.job, start, start + count))
    for direction in ("value", "derivative"):
        found, recorded = getattr(part, direction), getattr(record, direction)
        assert found.max_ulp <= recorded.max_ulp + 1e-6, (SEED, start)
        assert (found.not_nan, found.not_inf, found.sign) == (0, 0, 0), (SEED, start)
        if recorded.worst_bits >= 0 and record.step == 1:
            again = measure(Unit(record.job, recorded.worst_bits, recorded.worst_bits + 1))
            assert getattr(again, direction).max_ulp == pytest.approx(recorded.max_ulp, abs=1e-6)


@pytest.mark.parametrize("row", HARD, ids=name)
def test_float64_is_within_its_bounds(row):
    """As recorded at 10^5 points, and at a few others, chosen by the date."""
    recorded = Hard.from_dict({key: value for key, value in row.items() if key not in ("facts", "command")})
    assert recorded.value.good
    assert recorded.derivative.good
    assert recorded.value.points >= 100_000
    job = Job(recorded.activation, tuple(sorted(recorded.config.items())), dtype="float64")
    found = hard(subject_of(job), 250, SEED)
    assert found.value.good, (SEED, found.value)
    assert found.derivative.good, (SEED, found.derivative)


@pytest.mark.parametrize("row", LINES, ids=name)
def test_lines_are_within_an_ulp(row):
    """As recorded over 10^8 entries, and over others, chosen by the date."""
    recorded = Tally.from_dict(row["value"])
    assert recorded.count == row["entries"] >= 10**8
    job = Job(row["activation"], tuple(sorted(row["config"].items())))
    _, found, where = lines.sample(subject_of(job), 200_000, SEED)
    for tally in (recorded, found):
        assert tally.max_ulp <= 1.0, (SEED, where)
        assert (tally.not_nan, tally.not_inf, tally.sign) == (0, 0, 0), (SEED, where)


def test_the_page_is_what_the_data_say():
    """Run `python scripts/accuracy.py page` where this fails."""
    assert (ROOT / "docs" / "accuracy.md").read_text(encoding="utf-8") == page.text(DATA)


def script(which):
    spec = importlib.util.spec_from_file_location(which, ROOT / "scripts" / f"{which}.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_records_are_taken_in(tmp_path, monkeypatch):
    """One file a backend; a newer record replaces an older one and leaves the rest alone."""
    accuracy = script("accuracy")
    monkeypatch.setattr(accuracy, "DATA", tmp_path)
    printed = tmp_path / "printed.json"
    halves = [r for r in OWN if r.dtype == "float16"][:2]
    printed.write_text(json.dumps([r.as_dict() for r in halves]))
    accuracy.record([str(printed)])
    accuracy.record([str(printed)])
    assert results.read(tmp_path / "numpy.jsonl") == halves


def test_torch_is_measured_by_the_same_code(tmp_path):
    """torch's elu is within an ulp, and the record says which version it was."""
    torch = pytest.importorskip("torch")
    arguments = ["torch", "elu", "--step", "999983", "--into", str(tmp_path), "--journal", str(tmp_path / "j")]
    peers = script("peers_accuracy")
    assert peers.main(arguments) == 0
    assert peers.main(arguments) == 0
    (record,) = results.read(tmp_path / "torch.jsonl")
    assert record.facts["torch"] == torch.__version__
    assert 0.5 <= record.value.max_ulp < 1.01
    assert record.value.count == Job("elu", step=999_983).size


def test_a_missing_library_is_said_and_not_installed(capsys, monkeypatch, tmp_path):
    """Status 1."""
    peers = script("peers_accuracy")
    monkeypatch.setitem(__import__("sys").modules, "jax", None)
    assert peers.main(["jax", "--into", str(tmp_path)]) == 1
    assert "jax is not installed" in capsys.readouterr().err
