"""The version of the package; of its own so that the lowest layers can name it."""

from __future__ import annotations

__version__ = "0.1.0"
