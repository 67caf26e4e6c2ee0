"""Bounds of what a spec may ask for, checked before anything is allocated.

Requirements:

- Generous for every network that one machine can train, tight enough that a hostile file costs milliseconds.
- One table, so that a message, a test and the documentation quote the same number.
"""

from __future__ import annotations

from typing import Final

MAX_TEXT: Final = 4 * 1024 * 1024
"""Characters of a spec's text."""

MAX_DEPTH: Final = 64
"""How deep lists and mappings nest, after aliases and variables are put in."""

MAX_VALUES: Final = 500_000
"""Values of a spec, after aliases and variables are put in."""

MAX_DIGITS: Final = 64
"""Characters of one number."""

MAX_EXPRESSION: Final = 256
"""Characters of one ``$(…)``."""

MAX_EXPRESSION_DEPTH: Final = 32
"""How deep parentheses and signs nest in one ``$(…)``."""

MAX_NUMBER: Final = 2**63
"""The largest magnitude of an integer that an expression may reach on its way."""

MAX_EXPONENT: Final = 64
"""The largest magnitude of an exponent."""

MAX_RANK: Final = 8
"""Axes of the input, the batch's not counted."""

MAX_ELEMENTS: Final = 2**31
"""Elements of one parameter, and of one sample between two layers."""

MAX_PARAMETERS: Final = 10**9
"""Elements of all parameters together."""

MAX_TIMES: Final = 10_000
"""Repetitions that one ``repeat`` makes."""

MAX_NODES: Final = 30_000
"""Nodes of a plan: several times those of the deepest networks, and planned in less than a second."""

MAX_EXPANDED: Final = 10_000
"""Layers of blocks' bodies, counted once for each set of parameters with which a body is called."""

MAX_INCLUDES: Final = 100
"""Files that a spec includes, directly or through others."""
