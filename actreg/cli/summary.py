"""The table of a plan's layers: name, what it is, shape, parameters, multiply-adds, memory of its output."""

from __future__ import annotations

from typing import Any

from actreg.cli import output
from actreg.contracts.plan import Plan
from actreg.model.table import Row, peak_bytes, rows, total_parameters

HEAD = ("layer", "kind", "shape", "parameters", "multiply-adds", "activations")


def summary(plan: Plan, *, dtype: str = "float32", json: bool = False) -> None:
    """Prints the layers of a plan with the shapes after them, the batch axis left out, and totals for one sample."""
    found = rows(plan, dtype)
    if json:
        output.as_json(as_dict(plan, found, dtype))
        return
    memory = sum(row.activation_bytes for row in found)
    cells = [("input", "", shape_text(plan.input_shape), "", "", "")]
    cells += [
        (
            row.name,
            row.kind,
            shape_text(row.shape),
            f"{row.parameters:,}",
            f"{row.multiply_adds:,}",
            size_text(row.activation_bytes),
        )
        for row in found
    ]
    multiplied = sum(row.multiply_adds for row in found)
    cells.append(("total", "", "", f"{total_parameters(plan):,}", f"{multiplied:,}", size_text(memory)))
    output.table(HEAD, cells, right=(3, 4, 5))
    peak = size_text(peak_bytes(plan, dtype))
    output.line(f"multiply-adds and activations: of one sample, in {dtype}; inference holds at most {peak} at once")


def as_dict(plan: Plan, found: list[Row], dtype: str) -> dict[str, Any]:
    """The same as plain data."""
    return {
        "ok": True,
        "input": plan.input_shape,
        "dtype": dtype,
        "layers": [vars(row) for row in found],
        "parameters": total_parameters(plan),
        "multiply_adds": sum(row.multiply_adds for row in found),
        "activation_bytes": sum(row.activation_bytes for row in found),
        "peak_bytes": peak_bytes(plan, dtype),
    }


def shape_text(shape: tuple[int, ...]) -> str:
    """``16×8×8``."""
    return "×".join(str(size) for size in shape)


def size_text(size: int) -> str:
    """Bytes in a unit that people read: ``512 B``, ``4.0 KiB``."""
    value = float(size)
    for unit in ("B", "KiB", "MiB", "GiB"):
        if value < 1024:
            return f"{size} B" if unit == "B" else f"{value:.1f} {unit}"
        value /= 1024
    return f"{value:.1f} TiB"
