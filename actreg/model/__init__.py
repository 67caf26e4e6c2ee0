"""Model specs: YAML with places, expressions, shapes, plans, networks.

Importing this package imports nothing else; each public name brings its own module when it is first used.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from actreg.model.building import build
    from actreg.model.initial import initial_weights
    from actreg.model.layerspec import LayerSpec
    from actreg.model.plan import plan_of
    from actreg.model.read import read_spec
    from actreg.model.spec import ModelSpec
    from actreg.model.table import Row, rows, total_parameters
    from actreg.model.training import AdamW, DataSpec, Fraction, Sgd, TrainSpec
    from actreg.model.verification import Comparison, LayerRecord, Verification
    from actreg.model.verifying import verify
    from actreg.model.weights import load, open_model, read_weights, save

_HOMES = {
    "build": "building",
    "initial_weights": "initial",
    "plan_of": "plan",
    "read_spec": "read",
    "LayerSpec": "layerspec",
    "ModelSpec": "spec",
    "Row": "table",
    "rows": "table",
    "total_parameters": "table",
    "AdamW": "training",
    "DataSpec": "training",
    "Fraction": "training",
    "Sgd": "training",
    "TrainSpec": "training",
    "Comparison": "verification",
    "LayerRecord": "verification",
    "Verification": "verification",
    "verify": "verifying",
    "load": "weights",
    "open_model": "weights",
    "read_weights": "weights",
    "save": "weights",
}

__all__ = [
    "AdamW",
    "Comparison",
    "DataSpec",
    "Fraction",
    "LayerRecord",
    "LayerSpec",
    "ModelSpec",
    "Row",
    "Sgd",
    "TrainSpec",
    "Verification",
    "build",
    "initial_weights",
    "load",
    "open_model",
    "plan_of",
    "read_spec",
    "read_weights",
    "rows",
    "save",
    "total_parameters",
    "verify",
]


def __getattr__(name: str) -> Any:
    home = _HOMES.get(name)
    if home is None:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(importlib.import_module(f"{__name__}.{home}"), name)
