"""Everything that this distribution provides, held to actreg's conformance suite.

The truth is computed on the spot, which is most of the time that this takes. What takes too long for every day (GCU,
whose waves have hundreds of landmarks; XGELU, for the error function; all laws on all backends) runs with
``-m exhaustive``.
"""

import pytest
from actreg_zoo import ACTIVATIONS, GCU, XGELU

import actreg.conformance

MATHEMATICS = ["value", "derivative", "gradient", "parameter gradient", "limits", "nan", "signed zero"]
DAILY = [cls for cls in ACTIVATIONS if cls not in (GCU, XGELU)]

test_every_law = actreg.conformance.suite(DAILY, backends=["numpy"], dtypes=["float32", "float64"])
test_halves = actreg.conformance.suite(DAILY, backends=["numpy"], dtypes=["float16", "bfloat16"], checks=MATHEMATICS)
test_torch = actreg.conformance.suite(DAILY, backends=["torch"], dtypes=["float32"], checks=MATHEMATICS)
test_everything = pytest.mark.exhaustive(actreg.conformance.suite("actreg-zoo"))
