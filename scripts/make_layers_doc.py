"""Writes docs/layers.md, the table of all layers, from the tables that specs are read with.

    python scripts/make_layers_doc.py

Shapes and parameters are what the rules make of the example in each row.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

from pydantic.fields import FieldInfo

from actreg.contracts.config import Config
from actreg.model import plan_of, read_spec
from actreg.model.containers import CONTAINERS
from actreg.model.families.base import LayerKind
from actreg.model.kinds import FAMILIES
from actreg.model.site import SITE_KEYS

TARGET: Final = Path(__file__).parents[1] / "docs" / "layers.md"

EXAMPLES: Final[dict[str, tuple[str, str]]] = {
    "linear": ("64", "linear: 10"),
    "embedding": ("tokens 16", "embedding: {rows: 512, features: 64}"),
    "conv1d": ("8, 100", "conv1d: {out_channels: 16, kernel: 5, stride: 2}"),
    "conv2d": ("3, 32, 32", "conv2d: {out_channels: 16, kernel: 3, padding: same}"),
    "max_pool1d": ("8, 100", "max_pool1d: 4"),
    "max_pool2d": ("8, 32, 32", "max_pool2d: {kernel: 3, stride: 2, padding: 1}"),
    "avg_pool1d": ("8, 100", "avg_pool1d: 4"),
    "avg_pool2d": ("8, 32, 32", "avg_pool2d: 2"),
    "adaptive_avg_pool1d": ("8, 100", "adaptive_avg_pool1d"),
    "adaptive_avg_pool2d": ("8, 32, 32", "adaptive_avg_pool2d"),
    "adaptive_max_pool1d": ("8, 100", "adaptive_max_pool1d: 7"),
    "adaptive_max_pool2d": ("8, 32, 32", "adaptive_max_pool2d: [4, 2]"),
    "batch_norm": ("8, 32, 32", "batch_norm"),
    "layer_norm": ("16, 64", "layer_norm"),
    "rms_norm": ("16, 64", "rms_norm"),
    "group_norm": ("8, 32, 32", "group_norm: 4"),
    "dropout": ("64", "dropout: 0.2"),
    "attention": ("16, 64", "attention: {heads: 8, kv_heads: 2, causal: true, rotary: 10000}"),
    "positional_embedding": ("16, 64", "positional_embedding"),
    "class_token": ("16, 64", "class_token"),
    "flatten": ("8, 4, 4", "flatten"),
    "reshape": ("8, 4, 4", "reshape: [8, -1]"),
    "permute": ("8, 16", "permute: [2, 1]"),
    "select": ("16, 64", "select: 0"),
    "mean": ("16, 64", "mean"),
}
"""For each kind an input, without the batch, and the layer as a spec has it."""

HEAD: Final = """# Layers

<!-- Written by scripts/make_layers_doc.py: change the code, then run it. -->

Every kind of layer that a spec may name, on the NumPy backend and on torch alike. Shapes are without the batch axis; an
option that names an axis counts the batch. The option in bold is the one that a bare value sets: `linear: 10` is
`linear: {out_features: 10}`. Beside them every activation is a layer (`actreg list`), `act:` takes one from a variable,
and `use:` calls a block.
"""


def document() -> str:
    """The whole file."""
    parts = [HEAD, *_table(), "", *_containers(), "", *_sites(), "", "## Options", ""]
    for rows in FAMILIES.values():
        for kind in rows:
            parts += _details(kind.name, kind.options, kind.main)
    for row in CONTAINERS.values():
        parts += _details(row.name, row.options, row.main)
    return "\n".join(parts).rstrip() + "\n"


def _table() -> Iterator[str]:
    yield "| layer | options and defaults | example | takes | gives | parameters |"
    yield "| --- | --- | --- | --- | --- | --- |"
    for family, rows in FAMILIES.items():
        yield f"| *{family}* | | | | | |"
        for kind in rows:
            yield _row(kind)


def _row(kind: LayerKind) -> str:
    shape, layer = EXAMPLES[kind.name]
    tokens = shape.startswith("tokens")
    given = f"{{shape: [{shape.removeprefix('tokens ')}], dtype: int64}}" if tokens else f"[{shape}]"
    plan = plan_of(read_spec(f"actreg: 1\ninput: {given}\nlayers: [{layer}]\n"))
    (node,) = plan.nodes
    learned = [
        f"{spec.name} {_sizes(spec.shape)}{'' if spec.trainable else ' (not trained)'}" for spec in node.parameters
    ]
    options = _short(kind.options, kind.main) or "none"
    before = "ids " * tokens + _sizes(plan.input_shape)
    cells = [f"`{kind.name}`", options, f"`{layer}`", before, _sizes(node.shape), ", ".join(learned) or "none"]
    return f"| {' | '.join(cells)} |"


def _sizes(shape: tuple[int, ...]) -> str:
    return "×".join(map(str, shape))


def _short(options: type[Config], main: str | None) -> str:
    return ", ".join(_option(name, field, main) for name, field in options.model_fields.items())


def _option(name: str, field: FieldInfo, main: str | None) -> str:
    shown = f"**{name}**" if name == main else name
    return shown if field.is_required() else f"{shown} = {_value(field.default)}"


def _value(value: Any) -> str:
    if value is None:
        return "–"
    return f"`{value if isinstance(value, str) else json.dumps(value)}`"


def _containers() -> Iterator[str]:
    yield "Layers that are made of others, or join several:"
    yield ""
    yield "| layer | options and defaults | example |"
    yield "| --- | --- | --- |"
    for row in CONTAINERS.values():
        yield f"| `{row.name}` | {_short(row.options, row.main)} | `{row.name}: {row.example}` |"


def _sites() -> Iterator[str]:
    yield "Beside the kind of any layer:"
    yield ""
    for name, text in SITE_KEYS.items():
        yield f"- `{name}`: {text}"


def _details(name: str, options: type[Config], main: str | None) -> Iterator[str]:
    yield f"### {name}"
    yield ""
    yield " ".join((options.__doc__ or "").split())
    yield ""
    for option, field in options.model_fields.items():
        yield f"- {_option(option, field, main)}: {field.description}"
    if options.model_fields:
        yield ""


if __name__ == "__main__":
    TARGET.write_text(document(), "utf-8")
