"""The parts of the documentation that the code knows best: the table of tolerances and the list of laws.

``python -m actreg.conformance.tabulate docs/conformance.md`` writes them anew between their marks.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Final

from actreg.conformance.checks import CHECKS
from actreg.conformance.tolerance import TABLE

_OWNERS: Final = {"own": "ours", "vendor": "a vendor's"}


def tolerances() -> str:
    """The table of tolerances as Markdown."""
    lines = ["| kernel | of the | kinds | dtypes | bound | why |", "| --- | --- | --- | --- | --- | --- |"]
    for row in TABLE:
        cells = [_OWNERS[row.provider], row.direction, ", ".join(row.kinds), ", ".join(row.dtypes), str(row), row.why]
        lines.append("| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |")
    return "\n".join(lines)


def laws() -> str:
    """Every check with its law, as Markdown."""
    return "\n".join(f"- **{check.name}**: {check.law}" for check in CHECKS)


PARTS: Final[dict[str, Callable[[], str]]] = {"tolerances": tolerances, "laws": laws}


def renewed(text: str) -> str:
    """The document with each part written anew; ValueError where its marks are missing."""
    for name, make in PARTS.items():
        mark = re.compile(rf"(<!-- {name}: [^\n]*-->\n).*?(<!-- end -->)", re.DOTALL)
        found = mark.search(text)
        if not found:
            raise ValueError(f"the document has no marks for {name}")
        text = f"{text[: found.start()]}{found[1]}{make()}\n{found[2]}{text[found.end() :]}"
    return text


def main(path: str) -> None:
    """Rewrites the document."""
    target = Path(path)
    target.write_text(renewed(target.read_text(encoding="utf-8")), encoding="utf-8")


if __name__ == "__main__":
    main(sys.argv[1])
