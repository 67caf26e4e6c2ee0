"""Generates the reference tables: ``python -m actreg.conformance.generate [NAME…]``.

Requirements: the same bytes every time, with gmpy2 or without; one table a case, written only where it changed. The
default configuration's table is the dense one.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

from actreg.conformance.cases import cases_of
from actreg.conformance.compute import rows_of
from actreg.conformance.tables import FOLDER, path_of, text_of


def arithmetic() -> str:
    """What computed the truth."""
    import mpmath

    return f"mpmath {mpmath.__version__}"


def tables(names: Sequence[str] = ()) -> Iterator[tuple[Path, str]]:
    """Path and text of the tables of the built-in activations, or of those named."""
    from actreg.registry import Registry

    registry = Registry()
    for name in names or registry.names():
        for case in cases_of(registry.find(name), registry):
            if case.act.kind != "elementwise" or case.scalars is not None:
                yield path_of(case), text_of(case, arithmetic(), rows_of(case, dense=not case.config))


def main(names: Sequence[str] = ()) -> list[Path]:
    """Writes the tables; the paths of those that changed. What no case claims any more is removed."""
    changed: list[Path] = []
    kept: set[Path] = set()
    for path, text in tables(names):
        kept.add(path)
        if not path.is_file() or path.read_text(encoding="utf-8") != text:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8", newline="\n")
            changed.append(path)
    for path in sorted(FOLDER.glob("*/*.tsv")):
        if path not in kept and (not names or path.parent.name in names):
            path.unlink()
            changed.append(path)
    return changed


if __name__ == "__main__":
    sys.stdout.write("".join(f"{path}\n" for path in main(sys.argv[1:])))
