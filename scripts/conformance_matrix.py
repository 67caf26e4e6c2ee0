"""What the conformance suite found for every activation on every backend that is installed, as docs/matrix.md shows it.

Usage:
    python scripts/conformance_matrix.py record FILE…   takes in what `actreg conform … --json` printed
    python scripts/conformance_matrix.py page           writes docs/matrix.md from the data

Requirements:

- docs/conformance/matrix.jsonl is the data, one line for an activation on a backend in a dtype; the page holds nothing
  that does not come from there.
- A line holds a digest of the formula, so that a changed formula makes it stale; only whole runs are taken in.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable, Sequence
from functools import cache
from pathlib import Path
from typing import Any, Final

import actreg
from actreg.conformance.exhaustive.code import digest

ROOT: Final = Path(__file__).parent.parent
DATA: Final = ROOT / "docs" / "conformance" / "matrix.jsonl"
PAGE: Final = ROOT / "docs" / "matrix.md"
DTYPES: Final = ("float16", "bfloat16", "float32", "float64")
COUNTS: Final = ("passed", "deviations", "skipped", "failed")
LIBRARIES: Final = {"numpy": ("numpy", "numba"), "torch": ("torch",), "jax": ("jax",)}

HEAD: Final = """\
# The matrix: every activation on every backend

Written by `python scripts/conformance_matrix.py page` from `docs/conformance/matrix.jsonl`; a test keeps the two equal,
and each line true of the formula that is here. Each cell is the largest error of value · derivative or gradient, in ulp
of the dtype, over the reference tables' inputs and every configuration that the suite tries. Beside a root, where terms
cancel, an ulp of float64 is small beside the terms: such a result is held to the size of these, and its number is large
([docs/conformance.md](conformance.md) tells the bounds). *checks* adds up the four dtypes; what is *skipped* is a
capability that the backend doesn't declare, and a *deviation* is listed with its reason in
`actreg/conformance/deviations.toml`.

```sh
actreg conform --backend jax --json > jax.json     # or a name, or --plugin actreg-zoo
python scripts/conformance_matrix.py record jax.json
python scripts/conformance_matrix.py page
```
"""

Row = dict[str, Any]


@cache
def formula(name: str) -> str:
    """A digest of the activation's formula."""
    return digest([actreg.default_registry().find(name)])


def key(row: Row) -> tuple[str, str, str]:
    """What tells lines apart."""
    return row["backend"], row["activation"], row["dtype"]


def load(path: Path = DATA) -> list[Row]:
    """The lines, in the order of their keys."""
    text = path.read_text(encoding="utf-8") if path.exists() else ""
    return sorted((json.loads(line) for line in text.splitlines()), key=key)


def record(files: Sequence[str], path: Path = DATA) -> None:
    """Takes in reports; a newer line replaces an older one of the same key."""
    known = {key(row): row for row in load(path)}
    for file in files:
        report = json.loads(Path(file).read_text(encoding="utf-8"))
        if "--check" in report["command"]:
            raise SystemExit(f"{file}: only whole runs count, and this one had --check")
        owners = {name: str(actreg.explain(name).distribution) for name in {r["activation"] for r in report["matrix"]}}
        for cell in report["matrix"]:
            versions = {n: report["versions"][n] for n in LIBRARIES[cell["backend"]] if n in report["versions"]}
            row = {name: cell[name] for name in ("activation", "backend", "dtype", "grade", "forward", "backward")}
            row |= {name: cell[name] for name in COUNTS}
            row |= {"distribution": owners[cell["activation"]], "formula": formula(cell["activation"])}
            row |= {"versions": versions, "date": report["date"][:10], "command": report["command"]}
            known[key(row)] = row
    path.parent.mkdir(parents=True, exist_ok=True)
    text = "".join(json.dumps(known[k], sort_keys=True) + "\n" for k in sorted(known))
    path.write_text(text, encoding="utf-8", newline="\n")


def page(rows: Sequence[Row]) -> str:
    """The document."""
    return HEAD + "".join(part for backend in LIBRARIES for part in section(backend, rows))


def section(backend: str, rows: Sequence[Row]) -> Iterable[str]:
    """One backend's tables, one for each distribution that provides activations."""
    mine = [row for row in rows if row["backend"] == backend]
    versions = sorted({f"{name} {version}" for row in mine for name, version in row["versions"].items()})
    sums = {name: sum(row[name] for row in mine) for name in COUNTS}
    yield f"\n## {backend}\n\n{', '.join(f'{count:,} {name}' for name, count in sums.items())}; {', '.join(versions)};"
    yield f" {', '.join(sorted({row['date'] for row in mine}))}.\n\n"
    yield "| activation | of | " + " | ".join(DTYPES) + " | checks |\n"
    yield "| --- | --- |" + " ---: |" * (len(DTYPES) + 1) + "\n"
    for owner, name in sorted({(row["distribution"], row["activation"]) for row in mine}):
        cells = {row["dtype"]: row for row in mine if row["activation"] == name}
        errors = [_errors(cells[dtype]) if dtype in cells else "" for dtype in DTYPES]
        counts = [(sum(row[count] for row in cells.values()), count) for count in COUNTS]
        told = ", ".join(f"{number} {what}" for number, what in counts if number)
        yield f"| {name} | {owner} | {' | '.join(errors)} | {told} |\n"


def _errors(row: Row) -> str:
    return " · ".join("" if error is None else f"{float(error):.3g}" for error in (row["forward"], row["backward"]))


def main(arguments: Sequence[str]) -> int:
    """Runs one of the commands above; 2 where there is no such command."""
    command, *rest = arguments or [""]
    if command == "record":
        record(rest)
    elif command == "page":
        PAGE.write_text(page(load()), encoding="utf-8", newline="\n")
    else:
        sys.stderr.write(str(__doc__))
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
