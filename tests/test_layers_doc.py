"""docs/layers.md is what the code says."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from types import ModuleType

import pytest

from actreg.model.containers import CONTAINERS
from actreg.model.kinds import KINDS

ROOT = Path(__file__).parent.parent


@pytest.fixture(scope="module")
def writer() -> ModuleType:
    """The script that writes it."""
    path = ROOT / "scripts" / "make_layers_doc.py"
    spec = importlib.util.spec_from_file_location("make_layers_doc", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_the_table_of_layers_is_written_anew(writer: ModuleType) -> None:
    """After a change of the code: python scripts/make_layers_doc.py."""
    assert (ROOT / "docs" / "layers.md").read_text("utf-8") == writer.document()


def test_every_layer_and_option_is_in_it(writer: ModuleType) -> None:
    """None is left out."""
    text = writer.document()
    for name, row in {**KINDS, **CONTAINERS}.items():
        section = text.partition(f"\n### {name}\n")[2].partition("\n### ")[0]
        assert section, name
        for option, field in row.options.model_fields.items():
            assert option in section
            assert field.description in section
