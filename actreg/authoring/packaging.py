"""Checks of a plugin's metadata: entry points, what it requires, which Pythons it takes."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from pathlib import Path

from actreg.authoring.finding import Finding
from actreg.authoring.subject import Subject, shown
from actreg.hookspecs import API, PROJECT
from actreg.model.versions import satisfies
from actreg.registry.discovery import canonical
from actreg.registry.guard import LIBRARIES
from actreg.registry.plugin import Plugin
from actreg.version import __version__


def metadata(s: Subject) -> Iterator[Finding]:
    """The metadata can be read, requires actreg, and says which Pythons it takes and what it is licensed under."""
    if s.declared.fault:
        fix = "correct the entry points, and install it again"
        yield Finding("metadata", s.declared.fault, fix, "error", *s.place("entry-points"))
    requires = [canonical(re.split(r"[\s<>=!~;\[(]", text, maxsplit=1)[0]) for text in s.distribution.requires or ()]
    if PROJECT not in requires and canonical(s.name) != PROJECT:
        fix = 'add "actreg" to dependencies'
        yield Finding("metadata", "it does not require actreg", fix, "error", *s.place("dependencies"))
    yield from _ranges(s)
    fields = s.distribution.metadata
    wanted = next(iter(fields.get_all("Requires-Python") or ()), None)
    if wanted is None:
        fix = 'say requires-python = ">=3.11"'
        yield Finding("metadata", "it does not say which Pythons it takes", fix, "warning", *s.place("[project]"))
    elif (lowest := re.search(r">=\s*3\.(\d+)", wanted)) and int(lowest[1]) < 11:
        fix = 'say requires-python = ">=3.11"'
        message = f"it claims Python {wanted}, and actreg needs 3.11"
        yield Finding("metadata", message, fix, "error", *s.place("requires-python"))
    if not any(name in fields for name in ("License-Expression", "License", "License-File")):
        fix = 'say license = "MIT", or whichever it is'
        yield Finding("metadata", "it names no licence", fix, "warning", *s.place("[project]"))
    if not _typed(s):
        fix = "put an empty py.typed beside __init__.py, and into package-data"
        message = "it has no py.typed, so that its annotations count for nobody"
        yield Finding("metadata", message, fix, "warning", *s.place("package-data"))
    yield from _heavy(s, requires)


def _ranges(s: Subject) -> Iterator[Finding]:
    """It lets in the actreg and the Python that it is checked with."""
    python = ".".join(map(str, sys.version_info[:3]))
    ranges = [("actreg", __version__, text) for text in _wanted(s)]
    ranges += [("Python", python, text) for text in s.distribution.metadata.get_all("Requires-Python") or ()]
    for what, version, wanted in ranges:
        try:
            fits = not wanted.strip() or satisfies(version, wanted)
        except ValueError as error:
            fix = "write it like >=1.0,<2"
            yield Finding("metadata", f"its range of {what} is none: {error}", fix, "error", *s.place(wanted))
            continue
        if not fits:
            message = f"it takes {what} {wanted}, and this is {version}"
            yield Finding("metadata", message, "widen the range, or check it where it fits", "error", *s.place(wanted))


def _wanted(s: Subject) -> Iterator[str]:
    """The ranges of actreg that it requires without an extra or a condition."""
    for text in s.distribution.requires or ():
        requirement, _, condition = text.partition(";")
        name = re.match(r"\s*([\w.-]+)\s*(?:\[[^]]*\])?\s*", requirement)
        if name and canonical(name[1]) == PROJECT and not condition:
            yield requirement[name.end() :].strip().strip("()")


def _heavy(s: Subject, requires: list[str]) -> Iterator[Finding]:
    for name in sorted({"timm", "torchvision", "transformers"} & set(requires)):
        message = f"it requires {name}, whose own requirements can replace an installed torch"
        yield Finding("metadata", message, "make it an extra", "warning", *s.place(name))
    backends = {str(cls.modules[0]) for cls in s.things("backends") if cls.modules}
    for name in sorted(set(LIBRARIES) & set(requires) - backends - {"numpy"}):
        if not s.things("kernels"):
            message = f"it requires {name}, and formulas need no array library"
            yield Finding("metadata", message, "write formulas over xp", "warning", *s.place(name))


def _typed(s: Subject) -> bool:
    if s.source is not None and any(s.source.rglob("py.typed")):
        return True
    return any(Path(str(file)).name == "py.typed" for file in s.distribution.files or ())


def references(s: Subject) -> Iterator[Finding]:
    """Every entry point resolves to what it promises."""
    for plugin in s.hooked:
        if plugin.broken:
            place = _where(s, plugin)
            fix = _advice(plugin.reason)
            yield Finding("hooks", f"{plugin.origin.module}: {plugin.reason}", fix, "error", *place)
    for claim in s.static.static:
        if claim.reason:
            fix = "correct the entry, or what it points at"
            yield Finding("static claims", f"{claim.name}: {claim.reason}", fix, "error", *s.place(claim.name))


def _where(s: Subject, plugin: Plugin) -> tuple[str, int]:
    """The line that raises it, the hook that it names, what it says of itself, or at least the file."""
    named = re.search(r"\bactreg_\w+", plugin.reason)
    signs = [rf"def {named[0]}\b"] if named else [rf"\braise {plugin.reason.partition(':')[0]}\b"]
    if "interface" in plugin.reason:
        signs = [r"^api\b"]
    origin = _origin(s, plugin.origin.module)
    found = (place for place in ((origin or ("", 0)), *map(s.mention, signs)) if place[1])
    return next(found, origin or s.place(plugin.origin.module))


def _advice(reason: str) -> str:
    for sign, fix in {
        "ModuleNotFoundError": "add the missing package to dependencies, or correct the entry point",
        "has no attribute": "correct the entry point",
        "AttributeError": "correct the name",
        "SyntaxError": "correct the syntax",
        "plugin interface": f"upgrade what it names, or say api = {API} if it was written for this version",
        "must return a list": "return a list, even of one or none",
    }.items():
        if sign in reason:
            return fix
    return "see what it says: it is raised at import or in a hook" if re.match(r"\w+: ", reason) else "correct the hook"


def _origin(s: Subject, module: str) -> tuple[str, int] | None:
    """Where a module's import fails, within the plugin's own source."""
    import importlib
    import traceback

    name = module.partition(":")[0]
    try:
        importlib.import_module(name)
    except Exception as error:
        if isinstance(error, SyntaxError) and error.filename:
            return shown(Path(error.filename)), error.lineno or 0
        top = name.partition(".")[0]
        for frame in reversed(traceback.extract_tb(error.__traceback__)):
            if top in Path(frame.filename).parts or Path(frame.filename).stem == top:
                return shown(Path(frame.filename)), frame.lineno or 0
        return None
    found = sys.modules.get(name)
    return (shown(Path(found.__file__)), 0) if found is not None and found.__file__ else None
