"""Everything that this distribution provides, held to actreg's conformance suite."""

import actreg.conformance

test_conformance = actreg.conformance.suite("actreg-zoo", backends=["numpy"], dtypes=["float32", "float64"])
