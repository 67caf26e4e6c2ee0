"""Checks what importing a plugin costs and brings along, in a process of its own."""

from __future__ import annotations

import json
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


def imports(s: Subject) -> Iterator[Finding]:
    """Importing its modules loads no array library, changes no global state and stays within the time budget."""
    modules = s.modules()
    if not modules:
        return
    try:
        done = subprocess.run(
            [sys.executable, "-P", "-c", _PROGRAM, *modules], capture_output=True, text=True, check=False, timeout=120
        )
        found = json.loads(done.stderr.rpartition("\n")[2])
    except (subprocess.TimeoutExpired, json.JSONDecodeError):
        yield Finding("imports", "importing its modules ends the process or takes over two minutes", "")
        return
    if done.stdout:
        fix = "print nothing at import"
        yield Finding("imports", "importing it writes to standard output, which scripts read", fix)
    for module, remarks in found.items():
        for remark in remarks:
            message, _, fix = remark.partition(": ")
            yield Finding("imports", f"{module}: {message}", fix or _fix(message), "error", *_place(s, module))


def _fix(message: str) -> str:
    return "import less at module level" if "takes" in message else "leave the state of the process alone"


def _place(s: Subject, module: str) -> tuple[str, int]:
    from importlib.util import find_spec
    from pathlib import Path

    from actreg.authoring.subject import shown

    try:
        spec = find_spec(module)
    except Exception:  # a parent that fails to import is reported as that
        return s.place(module)
    return (shown(Path(spec.origin)), 0) if spec is not None and spec.origin else s.place(module)
