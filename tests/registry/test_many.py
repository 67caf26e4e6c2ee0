"""A thousand distributions with ten thousand activations: listing imports none, use imports one, nobody waits."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

DISTRIBUTIONS, EACH = 1_000, 10
MODULE = """
from typing import Any, ClassVar
from actreg import Elementwise, Info
def make(number):
    class Made(Elementwise):
        info: ClassVar[Info] = Info(name=f"act_{n}_{{number}}")
        def forward(self, xp: Any, x: Any) -> Any:
            return x * {n}.0
    return Made
A0, A1, A2, A3, A4, A5, A6, A7, A8, A9 = map(make, range(10))
"""


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A folder with all of them."""
    folder = tmp_path_factory.mktemp("site")
    for n in range(DISTRIBUTIONS):
        (folder / f"many_{n}_plugin.py").write_text(MODULE.format(n=n))
        info = folder / f"many_{n}-1.0.dist-info"
        info.mkdir()
        (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: many-{n}\nVersion: 1.0\n")
        lines = "".join(f"act_{n}_{k} = many_{n}_plugin:A{k}\n" for k in range(EACH))
        (info / "entry_points.txt").write_text(f"[actreg.activations]\n{lines}")
    return folder


def run(program: str, site: Path | None) -> tuple[Any, float]:
    """What a fresh process prints as JSON, and the CPU seconds that it took."""
    env = {**os.environ, "PYTHONPATH": str(site or "")}
    start = os.times()
    done = subprocess.run([sys.executable, "-c", program], env=env, capture_output=True, text=True, check=True)
    end = os.times()
    return json.loads(done.stdout), (end.children_user + end.children_system) - (
        start.children_user + start.children_system
    )


def test_listing_ten_thousand_names_takes_no_time(site: Path) -> None:
    """`actreg list` stays under 1.5 s of CPU time (the least of three), and imports no plugin."""
    program = (
        "import io, json, sys, contextlib\n"
        "from actreg.cli.app import execute\n"
        "out = io.StringIO()\n"
        "with contextlib.redirect_stdout(out): status = execute(['list'])\n"
        "print(json.dumps([status, out.getvalue().count('act_'), sum(m.startswith('many_') for m in sys.modules)]))"
    )
    seconds = []
    for _ in range(3):
        (status, names, imported), took = run(program, site)
        assert (status, names, imported) == (0, DISTRIBUTIONS * EACH, 0)
        seconds.append(took)
        if took < 1.5:
            break
    assert min(seconds) < 1.5


def test_use_imports_exactly_one_plugin(site: Path) -> None:
    """`actreg.get` imports the module that it needs, and no other plugin's."""
    program = (
        "import json, sys, actreg\n"
        "act = actreg.get('act_517_3')\n"
        "print(json.dumps([act.info.name, [m for m in sys.modules if m.startswith('many_')]]))"
    )
    found, _ = run(program, site)
    assert found == ["act_517_3", ["many_517_plugin"]]


def test_importing_the_package_looks_at_none(site: Path) -> None:
    """`import actreg` reads no distribution's metadata, and loads nothing that would; the first question does both."""
    program = (
        "import importlib.metadata as m, json, sys\n"
        "seen = {'asked': 0, 'opened': 0}\n"
        "def audit(event, args):\n"
        "    seen['opened'] += event == 'open' and '.dist-info' in str(args[0])\n"
        "sys.addaudithook(audit)\n"
        "discover = m.Distribution.discover\n"  # distributions(), entry_points() and version() all ask it
        "def watch(**given):\n"
        "    seen['asked'] += 1\n"
        "    return discover(**given)\n"
        "m.Distribution.discover = watch\n"
        "def found():\n"
        "    return [seen['asked'] > 0, seen['opened'] > 0, 'pydantic' in sys.modules, 'pluggy' in sys.modules]\n"
        "import actreg\n"
        "first = found()\n"
        "actreg.names()\n"
        "print(json.dumps([first, found()]))"
    )
    assert run(program, site)[0] == [[False] * 4, [True] * 4]


def test_importing_the_package_is_no_slower_than_without_them(site: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A process that does nothing else takes as long as without them; looking at them would take four times that."""
    program = "import time, actreg; print(time.process_time())"
    pairs = [(run(program, None)[0], run(program, site)[0]) for _ in range(9)]
    without, among = (min(column) for column in zip(*pairs, strict=True))
    with capsys.disabled():
        print(f"\nimport actreg: {without * 1e3:.1f} ms of CPU time, {among * 1e3:.1f} ms among a thousand plugins")
    assert among <= 1.3 * without


def test_a_misspelt_name_among_ten_thousand_is_answered(site: Path) -> None:
    """With a suggestion, within a second or two."""
    program = (
        "import actreg, json\n"
        "try: actreg.get('act_517_33')\n"
        "except actreg.UnknownNameError as error: print(json.dumps(error.suggestions))"
    )
    start = time.perf_counter()
    found, _ = run(program, site)
    assert found
    assert any(name.startswith("act_517_") for name in found)
    assert time.perf_counter() - start < 10
