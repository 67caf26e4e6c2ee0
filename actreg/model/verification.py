"""What a comparison of backends found, as typed records."""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass
from typing import Any


@dataclass(frozen=True)
class LayerRecord:
    """One layer on one backend against the reference.

    ulp: the departure of its worst sample in ULP of the layer's scale, infinite where one is finite and the other not.
    allowed: what that sample is allowed. sample: its number, from 0.
    """

    name: str
    kind: str
    shape: tuple[int, ...]
    ulp: float
    allowed: float
    sample: int
    ok: bool


@dataclass(frozen=True)
class Comparison:
    """One backend against the reference, in one dtype."""

    backend: str
    reference: str
    dtype: str
    samples: int
    layers: tuple[LayerRecord, ...]

    @property
    def first(self) -> LayerRecord | None:
        """The first layer that departs; None where all agree."""
        return next((layer for layer in self.layers if not layer.ok), None)

    @property
    def ok(self) -> bool:
        """Whether every layer agrees."""
        return self.first is None

    def __str__(self) -> str:
        pair = f"{self.backend} against {self.reference}, {self.dtype}"
        first = self.first
        if first is None:
            far = max(self.layers, key=lambda layer: layer.ulp / layer.allowed, default=None)
            at = f"; closest to its bound: {far.name}, {far.ulp:.3g} of {far.allowed:.3g} ULP" if far else ""
            return f"{pair}: {len(self.layers)} layers agree on {self.samples} samples{at}"
        where = f"{first.name} ({first.kind}) departs first"
        by = f"by {first.ulp:.3g} ULP of its scale on sample {first.sample}"
        return f"{pair}: {where}, {by}; {first.allowed:.3g} allowed"


@dataclass(frozen=True)
class Verification:
    """Every backend and dtype that was compared."""

    comparisons: tuple[Comparison, ...]

    @property
    def ok(self) -> bool:
        """Whether every layer agrees everywhere."""
        return all(comparison.ok for comparison in self.comparisons)

    def as_dict(self) -> dict[str, Any]:
        """Plain data, for JSON, which has no infinity: None stands for it."""
        return {"ok": self.ok, "comparisons": [_comparison(one) for one in self.comparisons]}


def _comparison(one: Comparison) -> dict[str, Any]:
    layers = [{**asdict(layer), "ulp": layer.ulp if math.isfinite(layer.ulp) else None} for layer in one.layers]
    return {**asdict(one), "layers": layers, "ok": one.ok, "first_departure": one.first.name if one.first else None}
