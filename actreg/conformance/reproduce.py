"""One line that shows a finding again, in a shell.

Requirements:

- A number is shown by calling the backend on that one input; the line is given only where it was seen to give the same
  bits, because a result may depend on its neighbours.
- Everything else is shown by running the check of that cell again.
- A class that has no address (of a notebook, of a function's body) can't be met in a shell: the line is then Python.
"""

from __future__ import annotations

import json
import shlex
from collections.abc import Iterator
from typing import Any

import numpy as np

from actreg.conformance.checks.finding import same_bits
from actreg.conformance.lines import cotangent
from actreg.conformance.subject import Subject
from actreg.conformance.witness import Witness
from actreg.errors import ActregError
from actreg.registry import default_registry


def of_number(s: Subject, witness: Witness, call: str) -> str:
    """A line that prints f(x), f'(x) or the gradient at one input; empty where that gives other bits than it did."""
    if (not s.pointwise and not witness.line) or not _installed(s):
        return ""
    x, got = float.fromhex(witness.input_hex), np.array([float.fromhex(witness.got.rpartition(" ")[2])])
    try:
        candidates = list(_of_line(s, witness, call) if witness.line else _candidates(s, x, call))
    except Exception:  # what is tested may raise anything; the check has told
        return ""
    for code, result in candidates:
        if same_bits(np.array([float(result)]), got):
            setup = f"{_import(s)}; b = actreg.default_registry().backend({json.dumps(s.backend)}); act = {_made(s)}"
            show = "print(float(y), float(y).hex())"
            return _shell(s, f"{setup}; {code}; {show}")
    return ""


def of_check(s: Subject, check: str) -> str:
    """A line that runs one check of one cell again, with all configurations of the activation."""
    if _installed(s) and _known(s):
        words = ["actreg", "conform", s.case.name, "--backend", s.backend, "--dtype", s.dtype, "--check", check]
        return shlex.join(words)
    where = f"backends=[{json.dumps(s.backend)}], dtypes=[{json.dumps(s.dtype)}], checks=[{json.dumps(check)}]"
    name = type(s.act).__qualname__
    if not _installed(s):
        return f"actreg.conformance.check({name}, registry, {where})  # with the registry at hand"
    code = f'{_import(s)}; found = conformance.check({name}, {where}); print(*(r.explain() for r in found), sep="\\n")'
    return _shell(s, code.replace("import actreg, numpy as np", "from actreg import conformance"))


def _candidates(s: Subject, x: float, call: str) -> Iterator[tuple[str, Any]]:
    place, array = f"np.array([float.fromhex({json.dumps(float(x).hex())})])", np.array([float(x)])
    given = f"{_array(s, place)}, {{{_named(s)}}}"
    if call == "":
        yield f"y = b.to_numpy(b.apply(act, {given}))[0]", s.value(array)[0]
    elif call == ".derivative":
        yield f"y = b.to_numpy(b.derivative(act, {given}))[0]", s.derivative(array)[0]
    else:
        square = array.reshape(1, 1)
        for grad in (1.0, -0.5):
            pulled = s.pull(square, np.full((1, 1), grad))
            for name, gradient in pulled.items():
                pull = f"b.vjp(act, {given.replace(place, place + '.reshape(1, 1)')})[1]"
                incoming = _array(s, f"np.array([[{grad}]])")
                yield f"y = b.to_numpy({pull}({incoming})[{json.dumps(name)}]).ravel()[0]", gradient.reshape(-1)[0]


def _of_line(s: Subject, witness: Witness, call: str) -> Iterator[tuple[str, Any]]:
    line = np.array([float.fromhex(word) for word in witness.line.split()])
    x, named = s.along(line[None]), _named(s)
    numbers = ", ".join(f"float.fromhex({json.dumps(word)})" for word in witness.line.split())
    given = f"{_array(s, f'np.array([{numbers}]).reshape({x.shape})')}, {{{named}}}"
    y = s.value(x)
    if call == "":
        yield from ((f"y = b.to_numpy(b.apply(act, {given})).ravel()[{k}]", v) for k, v in enumerate(y.ravel()))
        return
    grad = s.along(cotangent(y.size)[None]).reshape(y.shape)
    incoming = _array(s, f"np.array({grad.tolist()})")
    for name, pulled in s.pull(x, grad).items():
        code = f"b.to_numpy(b.vjp(act, {given})[1]({incoming})[{json.dumps(name)}]).ravel()"
        yield from ((f"y = {code}[{k}]", v) for k, v in enumerate(pulled.ravel()))


def _named(s: Subject) -> str:
    return ", ".join(f"{json.dumps(name)}: {_array(s, a.tolist())}" for name, a in s.case.parameters.items())


def _array(s: Subject, content: Any) -> str:
    array = content if isinstance(content, str) else f"np.array({content})"
    device = "" if s.device == "cpu" else f", device={json.dumps(s.device)}"
    return f"b.from_numpy({array}, dtype={json.dumps(s.dtype)}{device})"


def _made(s: Subject) -> str:
    options = [f"{name}={_literal(value)}" for name, value in s.case.config.items()]
    if _known(s):
        return f"actreg.get({', '.join([json.dumps(s.case.name), *options])})"
    return f"{type(s.act).__qualname__}({', '.join(options)})"


def _literal(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False) if isinstance(value, str) else repr(value)


def _import(s: Subject) -> str:
    cls = type(s.act)
    source = "" if _known(s) or not _addressed(cls) else f"; from {cls.__module__} import {cls.__qualname__}"
    return f"import actreg, numpy as np{source}"


def _shell(s: Subject, code: str) -> str:
    return f"python -c {shlex.quote(code)}" if _known(s) or _addressed(type(s.act)) else code


def _addressed(cls: type) -> bool:
    return "." not in cls.__qualname__ and cls.__module__ != "__main__"


def _known(s: Subject) -> bool:
    """Whether the default registry of another process has the class under this name."""
    try:
        found = default_registry().resolve(s.case.name)
    except ActregError:
        return False
    return found.activation is type(s.act) and found.origin.distribution != "session"


def _installed(s: Subject) -> bool:
    """Whether the default registry has this backend and would run the same kernel."""
    registry = default_registry()
    if s.registry is registry:
        return True
    try:
        same = type(registry.backend(s.backend)) is type(s.library)
        return same and registry.kernel(s.act, s.backend, s.device, s.dtype) is s.kernel
    except ActregError:
        return False
