"""Pictures of activations, drawn with matplotlib from what the NumPy backend computes."""

from __future__ import annotations

from actreg.plotting.curves import draw

__all__ = ["draw"]
