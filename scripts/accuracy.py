"""The measured accuracy that docs/accuracy.md shows: measures, collects, and writes the page.

Usage:
    python scripts/accuracy.py record FILE…      takes in what `actreg conform --exhaustive --json` printed
    python scripts/accuracy.py sampled [NAME…]   every 41st float32, 10^8 of them, where nothing better is known
    python scripts/accuracy.py halves [NAME…]    sweeps float16 and bfloat16 whole, every function of one variable
    python scripts/accuracy.py hard [NAME…]      100,000 hard points of float64, value and derivative
    python scripts/accuracy.py lines [NAME…]     10^8 entries of softmax, its logarithm and gated units in float32
    python scripts/accuracy.py page              writes docs/accuracy.md from the data

With --backend jax (after the command) `sampled` and `halves` run on another backend's plugin.

Requirements:

- docs/accuracy/*.jsonl is the data, one record a line; the page holds no number that does not come from there.
- A new measurement of the same thing replaces the old one, and nothing else changes.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from actreg.conformance.exhaustive import lines, page, results, truth
from actreg.conformance.exhaustive.facts import code_facts, facts_of
from actreg.conformance.exhaustive.hard import hard
from actreg.conformance.exhaustive.measure import Job, subject_of
from actreg.conformance.exhaustive.run import run

ROOT = Path(__file__).parent.parent
DATA = ROOT / "docs" / "accuracy"
PAGE = ROOT / "docs" / "accuracy.md"
HARD_POINTS = 100_000
STEP = 41
ENTRIES = 100_000_000

Config = tuple[tuple[str, Any], ...]


def functions(names: Sequence[str] = ()) -> list[tuple[str, Config]]:
    """Every function of one variable, GELU in its three forms; or those named."""
    found: list[tuple[str, Config]] = []
    for name in sorted(truth.FORMULAS):
        if not names or name in names:
            forms: list[Config] = [(("approximate", form),) for form in ("tanh", "sigmoid")] if name == "gelu" else []
            found += [(name, config) for config in [(), *forms]]
    return found


def record(files: Sequence[str]) -> None:
    """Takes in printed records, each into its backend's file."""
    for file in files:
        for data in json.loads(Path(file).read_text(encoding="utf-8")):
            take_in(results.Record.from_dict(data))


def file_of(backend: str) -> Path:
    """Where a backend's records lie; torch.jsonl and jax.jsonl are those libraries' own functions."""
    return DATA / f"{backend if backend == 'numpy' else f'actreg-{backend}'}.jsonl"


def take_in(found: results.Record) -> None:
    """Replaces what was known of the same function, backend and dtype."""
    path = file_of(found.backend)
    results.write(path, [*results.read(path), found])


def sampled(names: Sequence[str]) -> None:
    """Measures every 41st float32 of what isn't swept whole by the code that is here."""
    backend, names, option = chosen(names)
    whole = {r.job for r in results.read(file_of(backend)) if r.facts == facts_of(r.job)}
    for name, config in functions(names):
        if Job(name, config, backend) not in whole:
            (swept,) = run([Job(name, config, backend, step=STEP)])
            take_in(results.record_of(swept, f"python scripts/accuracy.py sampled{option} {name}"))


def halves(names: Sequence[str]) -> None:
    """Sweeps both half precisions."""
    backend, names, option = chosen(names)
    jobs = [Job(*function, backend, dtype) for function in functions(names) for dtype in ("bfloat16", "float16")]
    for swept in run(jobs):
        take_in(results.record_of(swept, f"python scripts/accuracy.py halves{option}"))


def chosen(arguments: Sequence[str]) -> tuple[str, Sequence[str], str]:
    """The backend, the names, and the option as it was written."""
    if arguments[:1] == ["--backend"]:
        return arguments[1], arguments[2:], f" --backend {arguments[1]}"
    return "numpy", arguments, ""


def hard_points(names: Sequence[str]) -> None:
    """Measures float64 at hard points."""
    for name, config in functions(names):
        job = Job(name, config, dtype="float64")
        found = hard(subject_of(job), HARD_POINTS)
        data = {**found.as_dict(), "facts": code_facts(job), "command": f"python scripts/accuracy.py hard {name}"}
        put("float64.jsonl", data)


def sampled_lines(names: Sequence[str]) -> None:
    """Measures what works along an axis."""
    for name in names or sorted(lines.TRUTHS):
        job = Job(name, (("gate", "first"),) if name.endswith("glu") else ())
        count, found, worst = lines.sample(subject_of(job), ENTRIES)
        data = {"activation": name, "config": dict(job.config), "backend": "numpy", "dtype": "float32", "seed": 0}
        data |= {"entries": count, "value": found.as_dict(), "worst": str(worst), "facts": code_facts(job)}
        put("lines.jsonl", {**data, "command": f"python scripts/accuracy.py lines {name}"})


def put(name: str, data: dict[str, Any]) -> None:
    """Replaces one record of a file."""
    path = DATA / name
    known = load(name)
    known[json.dumps([data["activation"], data["config"]])] = data
    path.write_text("".join(json.dumps(known[key]) + "\n" for key in sorted(known)), encoding="utf-8", newline="\n")


def load(name: str) -> dict[str, Any]:
    """The records of a file, by function."""
    path = DATA / name
    rows = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()] if path.exists() else []
    return {json.dumps([row["activation"], row["config"]]): row for row in rows}


def main(arguments: Sequence[str]) -> int:
    """Runs one of the commands above; 2 where there is no such command."""
    commands = {"record": record, "sampled": sampled, "halves": halves, "hard": hard_points, "lines": sampled_lines}
    command, *rest = arguments or [""]
    DATA.mkdir(parents=True, exist_ok=True)
    if command == "page":
        PAGE.write_text(page.text(DATA), encoding="utf-8", newline="\n")
    elif command in commands:
        commands[command](rest)
    else:
        sys.stderr.write(str(__doc__))
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
