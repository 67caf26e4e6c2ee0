"""actreg conform --exhaustive."""

from __future__ import annotations

import json

import pytest

from actreg.cli.app import execute
from actreg.conformance.exhaustive import run as running

SWEEP = ["conform", "relu", "elu", "--exhaustive", "--dtype", "float16"]


def test_records_are_printed_as_json(tmp_path, capsys):
    """Over processes; the truth's own error, the code's digest and the count of inputs are there."""
    assert execute([*SWEEP, "--jobs", "2", "--journal", str(tmp_path / "j"), "--json"]) == 0
    records = json.loads(capsys.readouterr().out)
    assert [r["activation"] for r in records] == ["relu", "elu"]
    for record in records:
        assert record["inputs"] == 1 << 16
        assert sum(record["value"]["bins"]) == 1 << 16
        assert record["truth"]["value_ulp"] <= 1e-3
        assert len(record["facts"]["kernel"]) == 16


def test_the_table_has_a_line_for_each_direction(capsys):
    """Function, direction and grade, and progress on the other stream."""
    assert execute([*SWEEP, "--jobs", "1"]) == 0
    found = capsys.readouterr()
    assert [line.split()[:4] for line in found.out.splitlines()[1:]] == [
        [name, "numpy", "float16", direction] for name in ("relu", "elu") for direction in ("value", "derivative")
    ]
    assert found.out.count("correctly rounded") == 4
    assert "100 % of 131,072 inputs" in found.err


def test_ctrl_c_leaves_a_journal_and_no_traceback(tmp_path, capsys, monkeypatch):
    """Status 130, one line that says how to go on, and going on works."""
    path, calls = tmp_path / "j", []

    def interrupted(unit):
        calls.append(unit)
        if len(calls) == 2:
            raise KeyboardInterrupt
        return measure(unit)

    measure = running.measure
    monkeypatch.setattr(running, "measure", interrupted)
    assert execute([*SWEEP, "--jobs", "1", "--journal", str(path)]) == 130
    assert f"interrupted: {path} holds what is done; the same command goes on" in capsys.readouterr().err
    assert execute([*SWEEP, "--jobs", "1", "--journal", str(path)]) == 0
    assert len(calls) == 3


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["conform", "softmax", "--exhaustive"], "softmax has no fast truth"),
        (["conform", "relu", "--exhaustive", "--dtype", "float64"], "float64 can't be swept"),
    ],
)
def test_what_cannot_be_swept_is_refused(arguments, message, capsys):
    """One line, status 2."""
    assert execute(arguments) == 2
    assert message in capsys.readouterr().err


def test_another_journal_is_refused(tmp_path, capsys):
    """A file that is no journal is not overwritten."""
    path = tmp_path / "notes.txt"
    path.write_text("mine")
    assert execute([*SWEEP, "--journal", str(path)]) == 2
    assert "it was left as it is" in capsys.readouterr().err
    assert path.read_text() == "mine"
