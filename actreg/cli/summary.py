"""The table of a plan's layers: name, what it is, shape, parameters."""

from __future__ import annotations

from actreg.cli import output
from actreg.contracts.plan import Plan
from actreg.model.table import rows, total_parameters


def summary(plan: Plan, *, json: bool = False) -> None:
    """Prints the layers of a plan with the shapes after them, the batch axis left out."""
    found = rows(plan)
    if json:
        layers = [vars(row) for row in found]
        output.as_json({"ok": True, "input": plan.input_shape, "layers": layers, "parameters": total_parameters(plan)})
        return
    cells = [("input", "", _shape(plan.input_shape), "")]
    cells += [(row.name, row.kind, _shape(row.shape), f"{row.parameters:,}") for row in found]
    cells.append(("total", "", "", f"{total_parameters(plan):,}"))
    output.table(("layer", "kind", "shape", "parameters"), cells, right=(3,))


def _shape(shape: tuple[int, ...]) -> str:
    return "×".join(str(size) for size in shape)
