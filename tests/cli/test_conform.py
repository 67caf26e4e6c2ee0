"""``actreg conform``: the matrix, its forms, its exit statuses, and what becomes of Ctrl-C."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from actreg.cli import main as run

ONE = ["conform", "relu", "--backend", "numpy", "--dtype", "float32"]


def test_the_matrix_is_printed(capsys: pytest.CaptureFixture[str]) -> None:
    """One line a cell; nothing on stderr, which is no terminal here."""
    assert run([*ONE, "--dtype", "float64"]) == 0
    shown = capsys.readouterr()
    lines = shown.out.splitlines()
    assert lines[0].split() == ["activation", "backend", "dtype", "grade", "forward", "backward", "checks"]
    assert [line.split()[:3] for line in lines[1:3]] == [["relu", "numpy", "float32"], ["relu", "numpy", "float64"]]
    assert lines[-1].endswith(" s")
    assert "0 failed" in lines[-1]
    assert shown.err == ""


def test_json_has_run_matrix_agreement_and_records(capsys: pytest.CaptureFixture[str]) -> None:
    """All of it, for other programs."""
    assert run([*ONE, "--json", "--each"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert set(found) == {"date", "seconds", "command", "machine", "versions", "matrix", "agreement", "records"}
    assert found["matrix"][0]["config"] == "default"
    assert {record["verdict"] for record in found["records"]} <= {"pass", "skipped"}


def test_processes_give_the_same_records(capsys: pytest.CaptureFixture[str]) -> None:
    """--jobs changes nothing but the time."""
    found = []
    for jobs in ("1", "2"):
        assert run(["conform", "elu", "--backend", "numpy", "--dtype", "float16", "--json", "--jobs", jobs]) == 0
        found.append(json.loads(capsys.readouterr().out)["records"])
    assert found[0] == found[1]


def test_a_page_is_written(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Beside the matrix; a folder that is not there is an error before the work."""
    assert run([*ONE, "--check", "value", "--html", str(tmp_path / "page.html")]) == 0
    assert str(tmp_path / "page.html") in capsys.readouterr().out
    assert (tmp_path / "page.html").read_text("utf-8").startswith("<!doctype html>")
    assert run([*ONE, "--html", str(tmp_path / "nowhere" / "page.html")]) == 2


@pytest.mark.parametrize(
    ("arguments", "status", "message"),
    [
        (["conform", "rleu"], 2, "did you mean 'relu'"),
        (["conform", "relu", "--backend", "nunpy"], 2, "did you mean 'numpy'?"),
        (["conform", "--plugin", "actrek"], 2, "did you mean 'actreg'"),
        (["conform", "relu", "--check", "nam"], 2, "did you mean 'nan'?"),
        (["conform", "relu", "--backend", "numpy", "--dtype", "float8"], 1, "nothing was checked"),
    ],
)
def test_exit_statuses(arguments: list[str], status: int, message: str, capsys: pytest.CaptureFixture[str]) -> None:
    """2 for what nobody can mean; 1 where nothing was tested, because untested is a failure."""
    assert run(arguments) == status
    assert message in capsys.readouterr().err


WRONG = '''
"""A wrong activation."""
import actreg

class Wrong(actreg.Elementwise):
    """x, off by a millionth."""
    info = actreg.Info(name="wrong")
    def forward(self, xp, x):
        return x * 1.000001
    def reference(self, mp, x):
        return x

@actreg.hookimpl
def actreg_activations():
    return [Wrong]
'''


@pytest.fixture
def environment(tmp_path: Path) -> dict[str, str]:
    """That of a process in which a wrong plugin is installed."""
    (tmp_path / "wrong_plugin.py").write_text(WRONG, encoding="utf-8")
    info = tmp_path / "wrong-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: wrong\nVersion: 1.0\n", encoding="utf-8")
    (info / "entry_points.txt").write_text("[actreg]\nplugin = wrong_plugin\n", encoding="utf-8")
    return {**os.environ, "PYTHONPATH": f"{tmp_path}:{Path(__file__).parents[2]}"}


def test_a_distribution_that_fails_gives_one_and_says_why(environment: dict[str, str]) -> None:
    """Every fact of the failing check on stderr, the line that shows it again among them, and that line works."""
    command = [sys.executable, "-m", "actreg", "conform", "--plugin", "wrong", "--backend", "numpy"]
    done = subprocess.run(
        [*command, "--dtype", "float32", "--check", "value"],
        capture_output=True, text=True, check=False, env=environment,
    )  # fmt: skip
    assert done.returncode == 1
    assert "1 checks, 1 failed" in done.stdout
    facts = dict(line.strip().split(": ", 1) for line in done.stderr.splitlines())
    assert {"law", "input", "expected", "got", "error", "reproduce"} <= set(facts)
    shell = {**environment, "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}"}
    again = subprocess.run(["sh", "-c", facts["reproduce"]], capture_output=True, text=True, check=True, env=shell)
    assert again.stdout.strip() == facts["got"].replace(" = ", " ")


def test_ctrl_c_leaves_no_traceback() -> None:
    """One line, status 130, also where processes do the work."""
    command = [sys.executable, "-m", "actreg", "conform", "--backend", "numpy", "--jobs", "2"]
    process = subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, start_new_session=True
    )
    children = Path(f"/proc/{process.pid}/task/{process.pid}/children")
    deadline = time.monotonic() + 60
    while children.exists() and len(children.read_text().split()) < 3 and time.monotonic() < deadline:
        time.sleep(0.02)
    time.sleep(0.1 if children.exists() else 5)
    os.killpg(process.pid, signal.SIGINT)
    out, err = process.communicate(timeout=120)
    assert process.returncode == 130, err
    assert err == "actreg: interrupted\n"
    assert out == ""
