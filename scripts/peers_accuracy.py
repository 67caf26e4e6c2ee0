"""The accuracy of torch's and jax's own activations, forward and gradient, by the code that measures ours.

Usage: python scripts/peers_accuracy.py {torch|jax} [NAME…] [--whole] [--dtype DTYPE] [--journal FILE] [--into FOLDER]

Sweeps every 41st bit pattern of float32, 10^8 of them; with --whole all 2^32; float16 and bfloat16 always whole. Writes
one record a function into FOLDER/{torch,jax}.jsonl (docs/accuracy by default).

Requirements:

- Installs nothing: where the library is missing it says so, and the status is 1.
- What users call: torch.nn.functional with autograd, jax.nn with its own vector-Jacobian product, compiled.
- A function is judged by what it claims to be: jax's softplus has no linear part, so ours is given none.
"""

from __future__ import annotations

import argparse
import importlib
import sys
from collections.abc import Callable, Sequence
from functools import reduce
from importlib.metadata import version
from pathlib import Path
from typing import Any, Final

import ml_dtypes
import numpy as np

from actreg.conformance.exhaustive import results
from actreg.conformance.exhaustive.code import truth_digest
from actreg.conformance.exhaustive.facts import machine
from actreg.conformance.exhaustive.journal import Journal
from actreg.conformance.exhaustive.measure import Function, Job, Part, Unit, measured, subject_of
from actreg.conformance.exhaustive.run import UNIT, Sweep
from actreg.conformance.formats import Array

STEP: Final = 41
FOLDER: Final = Path(__file__).parent.parent / "docs" / "accuracy"
TANH: Final = (("approximate", "tanh"),)

Call = Callable[[Any], Any]
Functions = dict[tuple[str, tuple[tuple[str, Any], ...]], tuple[str, Call]]


def torch_functions(torch: Any) -> Functions:
    """By our name and config: torch's name and the function."""
    f = torch.nn.functional
    return {
        ("celu", ()): ("torch.nn.functional.celu", f.celu),
        ("elu", ()): ("torch.nn.functional.elu", f.elu),
        ("gelu", ()): ("torch.nn.functional.gelu", f.gelu),
        ("gelu", TANH): ("torch.nn.functional.gelu(approximate='tanh')", lambda x: f.gelu(x, approximate="tanh")),
        ("hard_sigmoid", ()): ("torch.nn.functional.hardsigmoid", f.hardsigmoid),
        ("hard_swish", ()): ("torch.nn.functional.hardswish", f.hardswish),
        ("leaky_relu", ()): ("torch.nn.functional.leaky_relu", f.leaky_relu),
        ("log_sigmoid", ()): ("torch.nn.functional.logsigmoid", f.logsigmoid),
        ("mish", ()): ("torch.nn.functional.mish", f.mish),
        ("relu", ()): ("torch.nn.functional.relu", f.relu),
        ("selu", ()): ("torch.nn.functional.selu", f.selu),
        ("sigmoid", ()): ("torch.sigmoid", torch.sigmoid),
        ("silu", ()): ("torch.nn.functional.silu", f.silu),
        ("sine", ()): ("torch.sin", torch.sin),
        ("softplus", ()): ("torch.nn.functional.softplus", f.softplus),
        ("softsign", ()): ("torch.nn.functional.softsign", f.softsign),
        ("tanh", ()): ("torch.tanh", torch.tanh),
        ("tanh_shrink", ()): ("torch.nn.functional.tanhshrink", f.tanhshrink),
    }


def jax_functions(jax: Any) -> Functions:
    """By our name and config: jax's name and the function."""
    nn = jax.nn
    return {
        ("celu", ()): ("jax.nn.celu", nn.celu),
        ("elu", ()): ("jax.nn.elu", nn.elu),
        ("gelu", ()): ("jax.nn.gelu(approximate=False)", lambda x: nn.gelu(x, approximate=False)),
        ("gelu", TANH): ("jax.nn.gelu", nn.gelu),
        ("hard_sigmoid", ()): ("jax.nn.hard_sigmoid", nn.hard_sigmoid),
        ("hard_swish", ()): ("jax.nn.hard_swish", nn.hard_swish),
        ("leaky_relu", ()): ("jax.nn.leaky_relu", nn.leaky_relu),
        ("log_sigmoid", ()): ("jax.nn.log_sigmoid", nn.log_sigmoid),
        ("mish", ()): ("jax.nn.mish", nn.mish),
        ("relu", ()): ("jax.nn.relu", nn.relu),
        ("selu", ()): ("jax.nn.selu", nn.selu),
        ("sigmoid", ()): ("jax.nn.sigmoid", nn.sigmoid),
        ("silu", ()): ("jax.nn.silu", nn.silu),
        ("sine", ()): ("jax.numpy.sin", jax.numpy.sin),
        ("softplus", (("threshold", 40.0),)): ("jax.nn.softplus", nn.softplus),
        ("softsign", ()): ("jax.nn.soft_sign", nn.soft_sign),
        ("tanh", ()): ("jax.nn.tanh", nn.tanh),
    }


def torch_function(torch: Any, call: Call) -> Function:
    """Value and gradient of torch's function, from and to NumPy."""

    def function(x: Array) -> tuple[Array, Array]:
        if x.dtype == ml_dtypes.bfloat16:
            given = torch.from_numpy(x.view(np.int16)).view(torch.bfloat16)
        else:
            given = torch.from_numpy(x)
        given.requires_grad_()
        y = call(given)
        (gradient,) = torch.autograd.grad(y, given, torch.ones_like(y))
        return back(y.detach()), back(gradient)

    def back(tensor: Any) -> Array:
        if tensor.dtype == torch.bfloat16:
            return np.asarray(tensor.view(torch.int16).numpy().view(ml_dtypes.bfloat16))
        return np.asarray(tensor.numpy())

    return function


def jax_function(jax: Any, call: Call) -> Function:
    """Value and gradient of jax's function, from and to NumPy, compiled together."""

    def both(x: Any) -> Any:
        y, pullback = jax.vjp(call, x)
        return y, pullback(jax.numpy.ones_like(y))[0]

    compiled = jax.jit(both)

    def function(x: Array) -> tuple[Array, Array]:
        y, gradient = compiled(x)
        return np.asarray(y), np.asarray(gradient)

    return function


LIBRARIES: Final[dict[str, tuple[Callable[[Any], Functions], Callable[[Any, Call], Function]]]] = {
    "torch": (torch_functions, torch_function),
    "jax": (jax_functions, jax_function),
}


def sweep(job: Job, provider: str, function: Function, journal: Journal) -> Sweep:
    """Sweeps one of a library's functions; what the journal has is not done again."""
    act = subject_of(Job(job.activation, job.config, dtype=job.dtype)).act
    facts = {job.backend: version(job.backend), "kernel": provider, "machine": machine()}
    facts |= {"numpy": np.__version__, "truth": truth_digest(job.activation)}
    journal.open(job, facts)
    for start, stop in journal.missing(job, UNIT):
        journal.add(job, measured(Unit(job, start, stop), act, function))
    return Sweep(job, facts, reduce(Part.merge, journal.parts(job)))


def main(arguments: Sequence[str]) -> int:
    """Measures the library's functions; 1 where it is not installed."""
    parser = argparse.ArgumentParser(description=str(__doc__).splitlines()[0])
    parser.add_argument("library", choices=LIBRARIES)
    parser.add_argument("names", nargs="*", metavar="NAME")
    parser.add_argument("--whole", action="store_true")
    parser.add_argument("--step", type=int, default=STEP)
    parser.add_argument("--dtype", choices=("float32", "float16", "bfloat16"), default="float32")
    parser.add_argument("--journal", type=Path)
    parser.add_argument("--into", type=Path, default=FOLDER)
    given = parser.parse_args(arguments)
    try:
        library = importlib.import_module(given.library)
    except ModuleNotFoundError:
        sys.stderr.write(f"{given.library} is not installed; this script installs nothing\n")
        return 1
    functions, wrap = LIBRARIES[given.library]
    step = 1 if given.whole or given.dtype != "float32" else given.step
    command = " ".join(["python", "scripts/peers_accuracy.py", *arguments])
    given.into.mkdir(parents=True, exist_ok=True)
    path = given.into / f"{given.library}.jsonl"
    for (name, config), (provider, call) in functions(library).items():
        if given.names and name not in given.names:
            continue
        job = Job(name, config, given.library, given.dtype, step)
        swept = sweep(job, provider, wrap(library, call), Journal(given.journal))
        found = results.record_of(swept, command)
        results.write(path, [*results.read(path), found])
        sys.stdout.write(f"{provider} {given.dtype}: {found.value.max_ulp:.4g} {found.derivative.max_ulp:.4g} ulp\n")
        sys.stdout.flush()
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
