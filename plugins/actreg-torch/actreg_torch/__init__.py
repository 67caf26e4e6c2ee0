"""The torch backend of actreg. Importing this loads no torch: `TorchBackend`'s constructor does."""

from __future__ import annotations

__version__ = "0.1.0"
