"""Hostile specs, made from a seed: mutations of the shipped ones, specs drawn from the JSON Schema, bombs.

What mutates and draws is a plain generator of random numbers: the same seed and number give the same spec.
"""

from __future__ import annotations

import copy
import json
import random
import re
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from typing import Any, Final

from actreg.model.places import Problems, Source
from actreg.model.plain import to_text
from actreg.model.reader import read_value
from actreg.model.schema.spec import spec_schema
from actreg.model.values import data_of

CONFIGS: Final = Path(__file__).parent.parent / "configs"

RICH: Final = """actreg: 1
input: [3, 8, 8]
vars: {width: 8, act: {gelu: {approximate: tanh}}, list: [4, 4]}
blocks:
  unit: {params: {size: , act: $act}, layers: [conv2d: {out_channels: $size, kernel: 3, padding: 1}, act: $act]}
  twice: [{use: unit, with: {size: $(width * 2)}}]
layers:
  - &first {conv2d: {out_channels: $width, kernel: 3, padding: 1}, as: stem}
  - {use: unit, with: {size: $(width * 2)}}
  - use: twice
  - branches: {merge: concat, of: [[relu], [max_pool2d: {kernel: 3, stride: 1, padding: 1}], []]}
  - residual: {layers: [batch_norm, {leaky_relu: $(1 / 8), inplace: false}], project: false}
  - repeat: {times: '$(min(2, 3))', layers: [prelu: each, dropout: 0.1]}
  - flatten
  - gated: {hidden: 6, act: silu}
  - {linear: 6, as: shared}
  - {linear: 6, share: shared}
  - softmax
data: {file: data/x.npz, inputs: x, targets: y}
train: {epochs: 2, optimizer: {adamw: {lr: 1e-3, betas: [0.9, 0.99]}}}
"""

ODD: Final[tuple[Any, ...]] = (
    *(None, True, False, 0, -1, 1, 2**31, 2**31 + 1, 2**63, 10**30, -(10**30), 0.5, 1e308, 1e-320, float("inf")),
    *(float("nan"), "", "~", "$", "$$", "$x", "$width", "$act", "$(", "$()", "$(1/0)", "$(2**64)", "$(9**9**9)"),
    *("$(width)", "$(in)", "$in", "${x}", "$(" + "(" * 40 + "1", "$(" + "1+" * 120 + "1)", "1e-3", "on", "12:30"),
    *("0x10", "relu", "linear", "ſilu", "ⅷ", "\u202e", "\x85", "é" * 50, "a" * 2000, [], {}, [[]], [{}], {"": 0}),
    *({"relu": None}, {"linear": 3, "relu": 1}, ["relu"] * 3, {"$x": 1}, {"as": "x"}, {"use": "unit"}),
)
TOKENS: Final = (
    *("&a ", "*a", "<<: ", "!!python/object:x ", "!!str ", "!x ", "? ", ": ", "- ", "|", ">", "---\n", "...\n"),
    *("%YAML 1.2\n", "{", "}", "[", "]", ",", '"', "'", "#", "\t", "\n", "\r\n", "\x00", "\ufeff", "\u2028", "$", "$("),
    *(
        ")",
        "$x",
        "@",
        "`",
        "\\",
        "  ",
        "layers:",
        "times: 99999",
        "as: x",
        "from: x",
        "share: x",
        "use: unit",
        "with: ",
    ),
)


def make(seed: int, number: int) -> tuple[str, str | bytes]:
    """One spec: how it was made, and its text; bytes may be no text."""
    rng = random.Random(f"{seed}:{number}")
    kind, maker = rng.choices(MAKERS, WEIGHTS)[0]
    return kind, maker(rng)


@cache
def corpus() -> tuple[str, ...]:
    """The shipped specs, and one that uses the whole grammar."""
    return (RICH, *(path.read_text("utf-8") for path in sorted(CONFIGS.glob("*.yaml"))))


def _bytes(rng: random.Random) -> bytes:
    raw = bytearray(rng.choice(corpus()).encode())
    for _ in range(rng.randint(1, 8)):
        at = rng.randrange(len(raw))
        raw[at : at + rng.randint(0, 3)] = rng.randbytes(rng.randint(0, 3))
    return bytes(raw)


def _tokens(rng: random.Random) -> str:
    found = re.findall(r"\w+|\s+|[^\w\s]", rng.choice(corpus()))
    for _ in range(rng.choice([1, 1, 2, 4])):
        at = rng.randrange(len(found))
        what = rng.randrange(4)
        if what == 0:
            found[at : at + rng.randint(1, 3)] = []
        elif what == 1:
            found.insert(at, rng.choice(TOKENS))
        elif what == 2:
            other = rng.randrange(len(found))
            found[at], found[other] = found[other], found[at]
        else:
            found[at : at + 1] = found[at : at + 1] * rng.randint(2, 30)
        if not found:
            return ""
    return "".join(found)


def _tree(rng: random.Random) -> str:
    value = read_value(Source("corpus", rng.choice(corpus())), Problems())
    assert value is not None
    data = data_of(value)
    for _ in range(rng.choice([1, 1, 2, 4])):
        _mutate(rng, data)
    return _text(data)


def _mutate(rng: random.Random, data: Any) -> None:
    holders = [part for part in _parts(data) if part]
    holder, other = rng.choice(holders), rng.choice(holders)
    key: Any = rng.choice(list(holder)) if isinstance(holder, dict) else rng.randrange(len(holder))
    what = rng.randrange(6)
    if what == 0:
        del holder[key]
    elif what == 1:
        holder[key] = _odd(rng)
    elif what == 2:
        holder[key] = copy.deepcopy(rng.choice(list(other.values()) if isinstance(other, dict) else other))
    elif what == 3:
        holder[key] = [copy.deepcopy(holder[key]) for _ in range(rng.randint(1, 20))]
    elif what == 4 and isinstance(holder, dict):
        name = str(rng.choice([key, *other]) if isinstance(other, dict) else key)
        at = rng.randint(0, len(name))
        holder[name[:at] + rng.choice(["", "x", "_", "é", " ", "$"]) + name[at + 1 :]] = holder.pop(key)
    elif isinstance(holder, dict):
        holder[rng.choice(["as", "from", "share", "with", "use", "inplace", "layers", "relu"])] = _odd(rng)
    else:
        holder.insert(key, _odd(rng))


def _odd(rng: random.Random) -> Any:
    """An odd value of its own, which later mutations may change."""
    return copy.deepcopy(rng.choice(ODD))


def _parts(data: Any) -> Iterator[Any]:
    if isinstance(data, (dict, list)):
        yield data
        for item in data.values() if isinstance(data, dict) else data:
            yield from _parts(item)


def _text(data: Any) -> str:
    try:
        return to_text(data)
    except ValueError:  # nests too deep for a mapping; text can
        return json.dumps(data)


def _drawn(rng: random.Random) -> str:
    schema = _schema()
    data = _instance(rng, schema, schema["definitions"], 0)
    if isinstance(data, dict) and rng.random() < 0.8:
        # So that what follows is not always in vain.
        data["input"] = rng.choice([[8], [8], [4, 8], [3, 8, 8], {"shape": [4], "dtype": "int64"}])
        data["vars"] = {"x": rng.choice([1, 4, 8, 0.5, True, "relu", {"linear": 4}, ["relu"]])}
        data["blocks"] = {"unit": {"params": {"n": 8}, "layers": [{"linear": "$n"}, "relu"]}}
        for key in ("data", "requires", "prefer"):
            data.pop(key, None)
    return _text(data)


@cache
def _schema() -> dict[str, Any]:
    return spec_schema()


def _instance(rng: random.Random, schema: Any, definitions: Any, depth: int) -> Any:
    """Data that mostly fits a schema."""
    if rng.random() < 0.002:
        return _odd(rng)
    if "$ref" in schema:
        return _instance(rng, definitions[schema["$ref"].rpartition("/")[2]], definitions, depth)
    if "const" in schema or "enum" in schema:
        return rng.choice(schema.get("enum") or [schema["const"]])
    ways = schema.get("anyOf", [])
    kinds = schema.get("type", "" if ways else "null")
    kind = kinds if isinstance(kinds, str) else _kind(rng, kinds, depth)
    if ways and (kind == "string" or not kind):
        return _instance(rng, rng.choice([w for w in ways if "const" in w or "enum" in w] or ways), definitions, depth)
    return _PLAIN[kind](rng, schema, definitions, depth)


def _kind(rng: random.Random, kinds: list[str], depth: int) -> str:
    """Text is a variable mostly, which is rarer than a value; deep down nothing holds anything more."""
    flat = [kind for kind in kinds if kind not in ("object", "array")]
    wanted = flat if depth > 10 and flat else kinds
    others = [kind for kind in wanted if kind != "string"]
    return rng.choice(others) if others and rng.random() < 0.9 else rng.choice(wanted)


def _object(rng: random.Random, schema: Any, definitions: Any, depth: int) -> Any:
    properties = schema.get("properties", {})
    names = [name for name in properties if rng.random() < 0.2 or name in schema.get("required", ())]
    if schema.get("minProperties"):
        site = [name for name in ("as", "from", "share", "inplace", "with") if name in properties]
        names = [rng.choice([name for name in properties if name not in site])]
        names += [name for name in site if rng.random() < 0.02]
    return {name: _instance(rng, properties[name], definitions, depth + 1) for name in names}


def _array(rng: random.Random, schema: Any, definitions: Any, depth: int) -> Any:
    most = min(schema.get("maxItems", 5 if depth < 4 else 1), 5)
    count = max(schema.get("minItems", 0), rng.randint(1, max(1, most)))
    return [_instance(rng, schema.get("items", {}), definitions, depth + 1) for _ in range(count)]


def _integer(rng: random.Random, schema: Any, definitions: Any, depth: int) -> Any:
    low = schema.get("minimum", -1)
    if rng.random() < 0.03:
        return rng.choice([schema.get("maximum", 1000), low - 1])
    return rng.choice([max(low, 1), max(low, 1), 2, 4, 8, 8, low])


def _number(rng: random.Random, schema: Any, definitions: Any, depth: int) -> Any:
    return rng.choice([0.1, 0.5, 1e-3, 0.9, rng.uniform(0, 1), 2.0 if rng.random() < 0.5 else 1e300])


_PLAIN: Final[dict[str, Callable[[random.Random, Any, Any, int], Any]]] = {
    "object": _object,
    "array": _array,
    "integer": _integer,
    "number": _number,
    "string": lambda rng, *_: rng.choice(["x", "y", "unit", "input", "$x", "$(2 * 4)", "$in", "a.npz"]),
    "boolean": lambda rng, *_: rng.random() < 0.5,
    "null": lambda rng, *_: None,
}


def _bomb(rng: random.Random) -> str:
    return rng.choice(BOMBS)(rng)


def _aliases(rng: random.Random) -> str:
    width, depth = rng.randint(2, 12), rng.randint(2, 40)
    lines = ["vars:", "  a0: &a0 [relu, relu]"]
    lines += [f"  a{k}: &a{k} [{', '.join([f'*a{k - 1}'] * width)}]" for k in range(1, depth)]
    return "actreg: 1\ninput: [8]\n" + "\n".join(lines) + f"\nlayers: *a{depth - 1}\n"


def _nesting(rng: random.Random) -> str:
    opening, closing = rng.choice([("[", "]"), ("{a: ", "}"), ("[residual: ", "]"), ("- ", ""), ("? ", ""), ("(", ")")])
    depth = rng.choice([10, 60, 70, 1000, 50_000])
    return f"actreg: 1\ninput: [8]\nlayers: {opening * depth}relu{closing * depth if rng.random() < 0.7 else ''}\n"


def _doubling(rng: random.Random) -> str:
    depth, width = rng.randint(3, 50), rng.randint(2, 8)
    lines = ["  v0: [relu]"] + [f"  v{k}: [{', '.join([f'$v{k - 1}'] * width)}]" for k in range(1, depth)]
    return "actreg: 1\ninput: [8]\nvars:\n" + "\n".join(lines) + f"\nlayers: [residual: $v{depth - 1}]\n"


def _calls(rng: random.Random) -> str:
    depth, width = rng.randint(3, 60), rng.randint(2, 6)
    given = rng.choice(["", ", with: {n: $(n + 1)}"])
    body = f"{{params: {{n: 1}}, layers: [{', '.join([f'{{use: b%d{given}}}'] * width)}]}}"
    lines = ["  b0: {params: {n: 1}, layers: [linear: $n, linear: 8]}"]
    lines += [f"  b{k}: " + body.replace("%d", str(k - 1)) for k in range(1, depth)]
    rng.shuffle(lines)
    return "actreg: 1\ninput: [8]\nblocks:\n" + "\n".join(lines) + f"\nlayers: [use: b{depth - 1}]\n"


def _repeats(rng: random.Random) -> str:
    layers = "relu"
    for _ in range(rng.randint(1, 12)):
        layers = f"repeat: {{times: {rng.choice([2, 10, 100, 9999, 10_000, 10**9])}, layers: [{layers}]}}"
    return f"actreg: 1\ninput: [8]\nlayers: [{layers}]\n"


def _expressions(rng: random.Random) -> str:
    parts = [
        "9",
        "x",
        "(",
        ")",
        "**",
        "*",
        "+",
        "-",
        "/",
        "//",
        "%",
        "min(",
        "max(",
        "round(",
        ",",
        "1e308",
        "0",
        "int(",
    ]
    text = "".join(rng.choice(parts) for _ in range(rng.choice([3, 10, 60, 300])))
    power = "**".join(["9"] * rng.randint(1, 80))
    return f'actreg: 1\ninput: [8]\nvars: {{x: 7, y: "$({text})", z: "$({power})"}}\nlayers: [linear: $y, linear: $z]\n'


def _merges(rng: random.Random) -> str:
    count = rng.randint(2, 200)
    entries = ", ".join(f"k{k}: {k}" for k in range(count))
    lines = [f"  m0: &m0 {{{entries}}}"] + [f"  m{k}: &m{k} {{<<: [*m{k - 1}, *m0]}}" for k in range(1, count)]
    return "actreg: 1\ninput: [8]\nvars:\n" + "\n".join(lines) + "\nlayers: [relu]\n"


def _huge(rng: random.Random) -> str:
    size = rng.choice([10**9, 2**31, 2**31 - 1, 10**18, 10**40])
    layer = rng.choice(
        ["linear: N", "embedding: {rows: N, features: N}", "conv2d: {out_channels: N, kernel: N}", "reshape: [N, N]"]
    )
    shape = rng.choice(["[8]", "[N]", "[1, N, N]", "{shape: [N], dtype: int64}"])
    return f"actreg: 1\ninput: {shape}\nlayers: [{layer}, {layer}]\n".replace("N", str(size))


def _long(rng: random.Random) -> str:
    layer = rng.choice(["relu", "linear: 4", "lienar: 4", "{relu: , as: x}", "residual: [tanh]", "prelu: each"])
    return "actreg: 1\ninput: [8]\nlayers:\n" + f"  - {layer}\n" * rng.choice([100, 1500])


BOMBS: Final = (_aliases, _nesting, _doubling, _calls, _repeats, _expressions, _merges, _huge, _long)
MAKERS: Final[tuple[tuple[str, Callable[[random.Random], str | bytes]], ...]] = (
    ("bytes", _bytes),
    ("tokens", _tokens),
    ("tree", _tree),
    ("drawn", _drawn),
    ("bomb", _bomb),
)
WEIGHTS: Final = (3, 4, 6, 6, 1)
