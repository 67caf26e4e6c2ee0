"""What a sweep's numbers depend on: versions, the digests of the code, the kind of machine."""

from __future__ import annotations

import platform
from importlib.metadata import PackageNotFoundError, version
from typing import Any

import numpy as np

from actreg.conformance.exhaustive.code import digest, kernel_digest, truth_digest
from actreg.conformance.exhaustive.measure import Job, subject_of
from actreg.version import __version__


def facts_of(job: Job) -> dict[str, str]:
    """The facts as words. Where one differs, so may the numbers.

    kernel: a digest of the code for the NumPy backend; for others a digest of the formula, or who provides what runs
    in its place, because the libraries' versions say the rest.
    """
    s = subject_of(job)
    others = {module: _version(module) for module in s.library.modules if module != "numpy"}
    return {"actreg": __version__, **others, **code_facts(job), "truth": truth_digest(job.activation)}


def code_facts(job: Job) -> dict[str, str]:
    """NumPy, the kernel and the machine, whatever the result is judged by."""
    s = subject_of(job)
    kernel = s.kernel
    if job.backend == "numpy":
        code = kernel_digest(s.act, kernel)
    else:
        code = kernel.provider if kernel is not None else f"formula {digest([type(s.act)])}"
    return {"numpy": np.__version__, "kernel": code, "machine": machine()}


def machine() -> str:
    """The architecture, and the widest vectors that NumPy uses, on which its last bits may depend."""
    return " ".join([platform.machine(), *_vectors()[-1:]])


def _vectors() -> list[str]:
    found: Any = np.show_config(mode="dicts")
    return [str(name) for name in found.get("SIMD Extensions", {}).get("found", ())]


def _version(module: str) -> str:
    try:
        return version(module)
    except PackageNotFoundError:
        return "unknown"
