"""What a configuration computes in a process that knows nothing: it gets YAML text and gives back digests of bits.

Requirements:

- One process for many cases: all built-in activations together, another's by class; starting one costs more than they.
- The fresh process imports the class by its address; a class without one (of a notebook, of a function's body) can't
  be met there.
"""

from __future__ import annotations

import hashlib
import importlib
import importlib.util
import json
import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any

import numpy as np

from actreg.conformance.cases import FEATURES, Case, cases_of
from actreg.contracts.bindings import config_key
from actreg.model.places import Problems, Source
from actreg.model.plain import to_text
from actreg.model.reader import read_value
from actreg.model.values import data_of

DTYPES = ("float32", "float64")
_LIMIT = 300.0
_BUILTIN = "actreg.activations."


def yaml_of(act: Any) -> str:
    """An instance in a line of YAML."""
    return to_text({"act": act.as_config()}, flow=True)


def from_yaml(text: str, cls: Any) -> Any:
    """An instance of a class, read from `yaml_of`'s text by the reader of specs."""
    return cls(**options_in(text))


def options_in(text: str) -> dict[str, Any]:
    """The options in `yaml_of`'s text."""
    problems = Problems()
    value = read_value(Source("case", text), problems)
    problems.raise_any()
    assert value is not None
    ((_, options),) = data_of(value)["act"].items()
    return dict(options)


def digest(act: Any, parameters: Mapping[str, Any]) -> str:
    """A digest of what an instance computes on NumPy: values and gradients, in every bit."""
    library = _numpy()
    found = hashlib.sha256()
    rng = np.random.Generator(np.random.Philox(key=3))
    x = rng.standard_normal((FEATURES, FEATURES, FEATURES)) * 4
    for dtype in DTYPES:
        named = {name: library.from_numpy(np.asarray(array), dtype=dtype) for name, array in parameters.items()}
        y, pullback = library.vjp(act, library.from_numpy(x, dtype=dtype), named)
        gradients = pullback(np.ones_like(y))
        for array in (y, *(gradients[name] for name in sorted(gradients))):
            found.update(np.ascontiguousarray(array).tobytes())
    return found.hexdigest()


@cache
def _numpy() -> Any:
    from actreg.registry import Registry

    return Registry().backend("numpy")


def has_address(cls: Any) -> bool:
    """Whether another process can import the class."""
    if "<locals>" in cls.__qualname__ or cls.__module__ == "__main__":
        return False
    try:
        return importlib.util.find_spec(cls.__module__) is not None
    except (ImportError, ValueError):
        return False


def digest_elsewhere(case: Case, registry: Any) -> str:
    """`digest` of the case's YAML, read and computed in a fresh process."""
    cls = type(case.act)
    classes: tuple[Any, ...] = (cls,)
    if cls.__module__.startswith(_BUILTIN):
        classes = tuple(c for p in registry.plugins() for c in p.activations if c.__module__.startswith(_BUILTIN))
    return _answers(classes, registry)[config_key(case.act)]


@cache
def _answers(classes: Sequence[Any], registry: Any) -> dict[Any, str]:
    cases = [case for cls in classes for case in cases_of(cls, registry)]
    asked = [
        {
            "module": type(case.act).__module__,
            "class": type(case.act).__qualname__,
            "yaml": yaml_of(case.act),
            "parameters": {name: array.tolist() for name, array in case.parameters.items()},
        }
        for case in cases
    ]
    answers = json.loads(run("from actreg.conformance.fresh import main; main()", json.dumps(asked)))
    return {config_key(case.act): answer for case, answer in zip(cases, answers, strict=True)}


def run(code: str, text: str = "") -> str:
    """What Python code prints in a fresh process with this one's path; its standard error is in the exception."""
    path = os.pathsep.join(entry for entry in sys.path if entry)
    environment = {**os.environ, "PYTHONPATH": path, "OMP_NUM_THREADS": "1"}
    done = subprocess.run(
        [sys.executable, "-c", code], input=text, capture_output=True, text=True, timeout=_LIMIT, env=environment
    )
    if done.returncode:
        raise RuntimeError(f"a fresh process failed: {done.stderr.strip()[-2000:]}")
    return done.stdout


def main() -> None:
    """Answers every question on standard input."""
    answers = []
    for question in json.load(sys.stdin):
        found: Any = importlib.import_module(question["module"])
        for part in question["class"].split("."):
            found = getattr(found, part)
        answers.append(digest(from_yaml(question["yaml"], found), question["parameters"]))
    sys.stdout.write(json.dumps(answers))
