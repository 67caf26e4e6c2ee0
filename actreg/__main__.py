"""``python -m actreg``: the command line."""

from __future__ import annotations

import sys

from actreg.cli import main

sys.exit(main())
