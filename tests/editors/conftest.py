"""The YAML language server from npm, kept in pytest's cache; without it the tests are skipped by name."""

from __future__ import annotations

import importlib.util
import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

CONFIGS = Path(__file__).parents[2] / "configs"
PACKAGE = "yaml-language-server"
VERSION = "2.0.0"
SCRIPT = f"node_modules/{PACKAGE}/bin/{PACKAGE}"


def installed(cache: Path) -> Path:
    """The server's script, fetched from npm where the cache lacks it; skips where it can't be had."""
    node, npm = shutil.which("node"), shutil.which("npm")
    if node is None or npm is None:
        pytest.skip(f"{PACKAGE} needs node and npm, which are not installed")
    place = cache / VERSION
    if (place / SCRIPT).is_file():
        return place / SCRIPT
    with tempfile.TemporaryDirectory(dir=cache) as folder:
        command = [npm, "install", "--prefix", folder, "--no-audit", "--no-fund", "--fetch-retries=0"]
        try:
            done = subprocess.run(
                [*command, "--fetch-timeout=20000", f"{PACKAGE}@{VERSION}"],
                capture_output=True,
                text=True,
                timeout=180,
                check=False,
            )
        except subprocess.TimeoutExpired:
            pytest.skip(f"{PACKAGE} {VERSION} did not come from npm within three minutes")
        if done.returncode:
            pytest.skip(f"{PACKAGE} {VERSION} can't be had from npm: {(done.stderr.splitlines() or ['?'])[0]}")
        if not (place / SCRIPT).is_file():  # another process may have been first
            os.rename(folder, place)
            os.mkdir(folder)
    return place / SCRIPT


@pytest.fixture(scope="module")
def server(request: pytest.FixtureRequest) -> Iterator[Any]:
    """A running server, whose folder is that of the shipped specs."""
    script = installed(request.config.cache.mkdir(PACKAGE))  # type: ignore[union-attr]
    place = importlib.util.spec_from_file_location("editor_client", Path(__file__).with_name("client.py"))
    assert place is not None
    assert place.loader is not None
    client = importlib.util.module_from_spec(place)
    place.loader.exec_module(client)
    with client.LanguageServer(["node", str(script), "--stdio"], CONFIGS) as running:
        yield running
