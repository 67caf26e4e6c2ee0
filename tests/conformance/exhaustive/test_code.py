"""The digest of the code that computed a result."""

from __future__ import annotations

import linecache
import sys
import types

import pytest

import actreg
from actreg.conformance.exhaustive.code import digest, kernel_digest, truth_digest

SOURCE = '''
"""A module."""
SCALE = 2.0

def helper(x):
    """Doubles."""
    return SCALE * x

def unrelated(x):
    return x

def formula(xp, x):
    """A formula."""
    return xp.exp(helper(x))

class XP:
    def exp(x):
        return x + 1

    def log(x):
        return x
'''


def made(text, name="actreg_made_up"):
    module = types.ModuleType(name)
    module.__file__ = f"<{name}>"
    linecache.cache[module.__file__] = (len(text), None, text.splitlines(keepends=True), module.__file__)
    sys.modules[name] = module
    exec(compile(text, module.__file__, "exec"), vars(module))
    return module


@pytest.fixture
def clean():
    yield
    sys.modules.pop("actreg_made_up", None)


@pytest.mark.usefixtures("clean")
@pytest.mark.parametrize(
    ("old", "new", "same"),
    [
        ("Doubles.", "Twice.", True),
        ("def unrelated(x):\n    return x", "def unrelated(x):\n    return -x", True),
        ("def log(x):\n        return x", "def log(x):\n        return -x", True),
        ("    return SCALE * x", "    # Why.\n    return  SCALE * x", True),
        ("SCALE * x", "x * SCALE", False),
        ("SCALE = 2.0", "SCALE = 3.0", False),
        ("x + 1", "x + 2", False),
    ],
)
def test_a_digest_changes_with_the_mathematics_alone(old, new, same):
    """Helpers, constants and the operations that are used count; words and what is not used don't."""
    before = made(SOURCE)
    first = digest([before.formula], before.XP)
    after = made(SOURCE.replace(old, new))
    assert (digest([after.formula], after.XP) == first) is same


def test_functions_have_digests_of_their_own():
    """Another formula, another digest; the same one, the same."""
    registry = actreg.Registry()
    names = ["silu", "tanh", "elu", "relu"]
    acts = [registry.get(name) for name in names]
    kernels = [kernel_digest(act, registry.kernel(act, "numpy", "cpu", "float32")) for act in acts]
    assert len({*kernels}) == len({truth_digest(name) for name in names}) == 4
    assert kernel_digest(registry.get("silu", beta=2.0), None) == kernels[0]


HOLDING = '''
import dataclasses

@dataclasses.dataclass(frozen=True)
class Unit:
    gate: object
    slope: float = 1.0

def steep(x):
    return 2 * x

UNIT = Unit(gate=lambda x: steep(x))

def formula(xp, x):
    return UNIT.gate(x)
'''


@pytest.mark.usefixtures("clean")
@pytest.mark.parametrize(
    ("old", "new", "same"),
    [
        ("", "", True),
        ("lambda x: steep(x)", "lambda x: -steep(x)", False),
        ("2 * x", "3 * x", False),
        ("import dataclasses", "import dataclasses, math", True),
    ],
)
def test_functions_that_a_constant_holds_count_by_what_they_say(old, new, same):
    """Not by their addresses, which differ from process to process."""
    before = digest([made(HOLDING).formula])
    assert (digest([made(HOLDING.replace(old, new)).formula]) == before) is same
