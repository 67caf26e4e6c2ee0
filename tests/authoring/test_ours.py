"""The plugins of this repository, checked as anybody's."""

from __future__ import annotations

from importlib import metadata
from pathlib import Path

import pytest

from actreg.authoring.check import check

PLUGINS = sorted(path.parent for path in (Path(__file__).parents[2] / "plugins").glob("*/pyproject.toml"))


@pytest.mark.slow
@pytest.mark.parametrize("folder", PLUGINS, ids=lambda folder: folder.name)
def test_a_plugin_of_ours_has_nothing_to_mend(folder: Path) -> None:
    """Without the suite, which its own tests run."""
    try:
        metadata.distribution(folder.name)
    except metadata.PackageNotFoundError:
        pytest.skip(f"{folder.name} is not installed")
    report = check(str(folder), prove=False)
    assert [str(finding) for finding in report.findings if finding.severity != "note"] == []
