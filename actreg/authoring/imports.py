"""Checks what importing a plugin costs and brings along, in a process of its own."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Iterator

from actreg.authoring.finding import Finding
from actreg.authoring.subject import Subject

_PROGRAM = """
import importlib, json, sys
import actreg
from actreg.registry.guard import watched
found = {}
for name in sys.argv[1:]:
    with watched() as impact:
        try:
            importlib.import_module(name)
        except BaseException:
            pass
    found[name] = impact.remarks
sys.stderr.write("\\n" + json.dumps(found))
"""


FATAL = "import"
"""The rule of findings after which nothing of the plugin can be imported here."""

_SIGNS = {
    "sys.path": r"sys\.path\b",
    "the environment": r"\bos\.(environ|putenv)",
    "the working directory": r"\bchdir\(",
    "the recursion limit": r"setrecursionlimit",
    "random": r"\bseed\(",
    "decimal": r"decimal\.",
    "error state": r"\bseterr\(",
    "print options": r"set_printoptions",
    "default dtype": r"set_default_dtype",
    "grad mode": r"set_grad_enabled",
}


def imports(s: Subject) -> Iterator[Finding]:
    """Importing its modules loads no array library, changes no global state and stays within the time budget."""
    modules = s.modules()
    if not modules:
        return
    place = s.place(modules[0])
    try:
        done = subprocess.run(
            [sys.executable, "-P", "-c", _PROGRAM, *modules], capture_output=True, text=True, check=False, timeout=120
        )
        found = json.loads(done.stderr.rpartition("\n")[2])
    except subprocess.TimeoutExpired:
        yield Finding(FATAL, "importing its modules takes over two minutes", "do nothing at import", "error", *place)
        return
    except json.JSONDecodeError:
        message = f"importing its modules ends the process with status {done.returncode}"
        yield Finding(
            FATAL, message, "raise ImportError where it can't work", "error", *s.mention(r"_exit|abort|os\.kill")
        )
        return
    if done.stdout:
        message = "importing it writes to standard output, which scripts read"
        yield Finding("imports", message, "print nothing at import", "error", *s.mention(r"^print\("))
    for module, remarks in found.items():
        for remark in remarks:
            message, _, fix = remark.partition(": ")
            where = s.mention(_sign(message))
            yield Finding(
                "imports",
                f"{module}: {message}",
                fix or _fix(message),
                "error",
                *(where if where[0] else _place(s, module)),
            )


def _fix(message: str) -> str:
    return "import less at module level" if "takes" in message else "leave the state of the process alone"


def _sign(message: str) -> str:
    """What a line looks like that does such a thing at module level."""
    if loaded := re.search(r"loads ([a-z, ]+)", message):
        return rf"^(import|from)\s+({loaded[1].replace(', ', '|')})\b"
    return next((sign for what, sign in _SIGNS.items() if what in message), "(?!)")


def _place(s: Subject, module: str) -> tuple[str, int]:
    from importlib.util import find_spec
    from pathlib import Path

    from actreg.authoring.subject import shown

    try:
        spec = find_spec(module)
    except Exception:  # a parent that fails to import is reported as that
        return s.place(module)
    return (shown(Path(spec.origin)), 0) if spec is not None and spec.origin else s.place(module)
