"""Distributions are found from their metadata, whatever state it is in."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import actreg

HOOKS = """
from typing import Any, ClassVar
from actreg import Elementwise, Info, hookimpl

class Twice(Elementwise):
    info: ClassVar[Info] = Info(name="twice")
    def forward(self, xp: Any, x: Any) -> Any:
        return x * 2.0

@hookimpl
def actreg_activations():
    return [Twice]
"""


def found(name: str = "good-dist") -> Any:
    """The plugins of one distribution."""
    return [p for p in actreg.default_registry().plugins() if p.origin.distribution == name]


FAULTS: dict[str, tuple[dict[str, Any], str]] = {
    "an unknown group": (
        {"entry": None, "groups": {"activation": "twice = :Twice"}},
        "unknown group 'actreg.activation'",
    ),
    "a name declared twice": (
        {"points": "[actreg.activations]\ntwice = good_dist_plugin:Twice\ntwice = good_dist_plugin:Other\n"},
        "declares 'twice' twice",
    ),
    "an entry point without a module": ({"points": "[actreg]\nplugin =\n"}, ""),
    "an entry point to nothing": ({"points": "[actreg]\nplugin = no.such.module\n"}, "ModuleNotFoundError"),
    "an entry point to a missing attribute": (
        {"points": "[actreg]\nplugin = good_dist_plugin:nope\n"},
        "AttributeError",
    ),
    "an entry point that is no reference": ({"points": "[actreg]\nplugin = 1 + 1\n"}, ""),
    "bytes that are no text": ({"points": b"[actreg]\nplugin = \xff\xfe\n"}, "entry_points.txt can't be read"),
    "a number as the plugin": ({"points": "[actreg]\nplugin = good_dist_plugin:NUMBER\n"}, "it has no hooks"),
}


@pytest.mark.parametrize(("options", "why"), FAULTS.values(), ids=FAULTS.keys())
def test_damaged_metadata_is_that_distributions_fault(options: dict[str, Any], why: str, install: Any) -> None:
    """It is broken, with name, version and cause; everything else works."""
    install("good-dist", HOOKS + "\nNUMBER = 3\n", version="0.7", **options)
    assert actreg.get("relu")(np.array([-1.0])).tolist() == [0.0]
    (plugin,) = found()
    assert plugin.broken
    assert plugin.origin.version == "0.7"
    assert why in plugin.reason


NAMES = {
    "no METADATA": ({"metadata": b""}, ("good_dist", "1.0")),
    "METADATA that is no text": ({"metadata": b"\xff\xff"}, ("good_dist", "1.0")),
    "a name in METADATA": ({"metadata": "Name: Good.Dist\nVersion: 9\n\nName: not this\n"}, ("Good.Dist", "9")),
    "an unusual folder": ({"info": "x.dist-info", "metadata": "Name: good-dist\n"}, ("good-dist", "(no version)")),
    "unicode": ({"metadata": "Name: gütig-分布\nVersion: 1.0\n"}, ("gütig-分布", "1.0")),
}


@pytest.mark.parametrize(("options", "identity"), NAMES.values(), ids=NAMES.keys())
def test_name_and_version_come_from_the_metadata(options: dict[str, Any], identity: Any, install: Any) -> None:
    """Or from the folder's name where there is none; the plugin works."""
    install("good-dist", HOOKS, **options)
    assert (actreg.explain("twice").distribution, actreg.explain("twice").version) == identity


def test_two_versions_of_one_distribution_are_a_fault(install: Any) -> None:
    """Which of them would run is chance; both are named, with their folders."""
    install("good-dist", HOOKS, version="1.0", site="one")
    install("Good_Dist", HOOKS, version="2.0", site="two")
    (plugin,) = [p for p in actreg.default_registry().plugins() if p.broken]
    assert "1.0 (" in plugin.reason
    assert "2.0 (" in plugin.reason
    assert plugin.reason.endswith("keep one")
    with pytest.raises(actreg.UnknownNameError, match="several versions"):
        actreg.get("twice")


def test_one_version_twice_is_no_fault(install: Any) -> None:
    """An editable install beside a copy, or beside its source folder whose metadata lags behind."""
    install("good-dist", HOOKS, site="one")
    install("good-dist", HOOKS, site="two")
    install("good-dist", HOOKS, version="0.9", site="three", info="good_dist.egg-info")
    assert len(found()) == 1
    assert actreg.explain("twice").version == "1.0"


def test_equal_entry_point_names_are_no_conflict(install: Any) -> None:
    """Every distribution may call its entry point ``plugin``; one may have several."""
    install("one-dist", HOOKS)
    install("two-dist", HOOKS.replace("twice", "thrice"))
    install("three-dist", HOOKS, points="[actreg]\na = one_dist_plugin\nb = two_dist_plugin\n")
    assert {"twice", "thrice"} <= set(actreg.names())
    assert len(found("three-dist")) == 2


STRAY = {
    "a module of the same name": ("good_dist_plugin.py", "print('stray')\n" + HOOKS.replace("2.0", "9.0")),
    "a package of the same name": ("good_dist_plugin/__init__.py", "print('stray')\n" + HOOKS.replace("2.0", "9.0")),
    "a dist-info": ("stray-1.0.dist-info/entry_points.txt", "[actreg]\nplugin = good_dist_plugin\n"),
    "an egg-info": ("stray.egg-info/entry_points.txt", "[actreg.activations]\nrelu = good_dist_plugin:Twice\n"),
    "another version": ("good_dist-9.0.dist-info/entry_points.txt", "[actreg]\nplugin = good_dist_plugin\n"),
    "a choice": ("prefer.yaml", "relu: stray"),
}
SHOW = "print(a.names(), [str(p.origin) for p in a.default_registry().plugins()], a.get('twice').forward(None, 1.0))"


@pytest.mark.parametrize(("file", "text"), STRAY.values(), ids=STRAY.keys())
def test_a_file_in_the_working_directory_decides_nothing(file: str, text: str, install: Any, tmp_path: Path) -> None:
    """Started with -c or -m there, Python would look there first; a PYTHONPATH that names it is meant."""
    install("good-dist", HOOKS)
    here, clean = tmp_path / "here", tmp_path / "clean"
    (here / file).parent.mkdir(parents=True)
    (here / file).write_text(text)
    clean.mkdir()
    (clean / "shown.py").write_text(f"import actreg as a\n{SHOW}")

    def shown(folder: Path, *arguments: str, path: tuple[str, ...] = ()) -> str:
        env = {**os.environ, "PYTHONPATH": os.pathsep.join([str(tmp_path / "site"), str(clean), *path])}
        command = [sys.executable, *arguments]
        return subprocess.run(command, cwd=folder, env=env, capture_output=True, text=True, check=True).stdout

    for arguments in (("-c", f"import actreg as a; {SHOW}"), ("-m", "shown")):
        assert shown(here, *arguments) == shown(clean, *arguments)
    if file.startswith("stray"):
        assert "stray" in shown(here, "-P", "-m", "shown", path=(str(here),))


def test_a_failure_of_what_is_installed_is_told_beside_a_stray_module(install: Any, tmp_path: Path) -> None:
    """The installed module is imported, and what it raises is the reason."""
    install("good-dist", "raise OSError('its own')")
    (tmp_path / "good_dist_plugin.py").write_text("raise OSError('stray')")
    program = "import actreg as a; print([p.reason for p in a.default_registry().plugins() if p.broken])"
    env = {**os.environ, "PYTHONPATH": str(tmp_path / "site")}
    command = [sys.executable, "-c", program]
    done = subprocess.run(command, cwd=tmp_path, env=env, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "['OSError: its own']"


def test_the_result_depends_on_no_order(install: Any) -> None:
    """In fresh processes with the path in both orders and two hash seeds, the listing is the same to the byte."""
    for number, site in enumerate(("one", "two", "three")):
        install(f"dist-{number}", HOOKS.replace("twice", f"act_{number}"), site=site)
        install(f"twin-{number}", HOOKS, site=site)
    sites = [p for p in sys.path if p.endswith(("one", "two", "three"))]
    listings = set()
    for order in (sites, sites[::-1]):
        for seed in ("0", "1"):
            env = {**os.environ, "PYTHONPATH": os.pathsep.join(order), "PYTHONHASHSEED": seed}
            program = (
                "import actreg as a; r = a.default_registry(); print(a.names(), list(map(str, r.claims('twice'))))"
            )
            program += "; print([(str(p.origin), p.state) for p in r.plugins()], r.backend_names(), r.spellings())"
            done = subprocess.run([sys.executable, "-c", program], env=env, capture_output=True, text=True, check=True)
            listings.add(done.stdout)
    assert len(listings) == 1
    assert "twin-0 1.0" in listings.pop()
