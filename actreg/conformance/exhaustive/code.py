"""Which code computed a result: a digest that changes when, and only when, the mathematics may have.

Requirements:

- Follows calls: the digest of a function covers what its source names in turn, within this project, and no more.
  A new operation in the namespace leaves the digest of an activation that does not use it as it is.
- Docstrings, comments and layout don't count, nor do methods that only judge or describe (`reference`, `laws`).
- Another Python version gives the same digest.
"""

from __future__ import annotations

import ast
import hashlib
import importlib
import inspect
import textwrap
from collections.abc import Iterable, Iterator
from dataclasses import fields, is_dataclass
from types import FunctionType, ModuleType
from typing import Any, Final

_JUDGES: Final = ("laws", "reference")
"""What the names of methods begin with that judge or describe."""

_PLAIN: Final = (int, float, str, tuple)
_OURS: Final = ("actreg", "actreg_")


def digest(roots: Iterable[Any], operations: type | None = None) -> str:
    """The first 16 hex digits of a SHA-256 over the sources of these functions and classes and what they name.

    operations: the class that `xp` in a formula stands for.
    """
    texts: dict[str, str] = {}
    waiting = list(roots)
    while waiting:
        item = waiting.pop()
        name = f"{item.__module__}.{item.__qualname__}"
        if name not in texts:
            tree = _tree(item)
            texts[name] = ast.unparse(tree)
            waiting += [*_named(inspect.getmodule(item), tree, texts), *_operations(tree, operations)]
    text = "\n".join(f"{name} {texts[name]}" for name in sorted(texts))
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def kernel_digest(act: Any, kernel: Any) -> str:
    """Of what the NumPy backend runs for this activation: the kernel's code, or the formula's."""
    from actreg.backends.numpy import rounding
    from actreg.backends.numpy.namespace import NumpyNamespace
    from actreg.formula import interpret

    around = [rounding.narrow, rounding.widen]
    if kernel is not None:
        return digest([kernel.bind, *around])
    if act.kind == "elementwise" and act.derivative_formula is None:
        around.append(interpret.derivative_spread)
    return digest([type(act), *around], NumpyNamespace)


def truth_digest(name: str) -> str:
    """Of the formula that judged it."""
    from actreg.conformance.exhaustive import truth

    return digest([truth.FORMULAS[name]])


def _operations(tree: ast.AST, namespace: type | None) -> Iterator[Any]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id == "xp":
            found = inspect.getattr_static(namespace, node.attr, None) if namespace is not None else None
            function = getattr(found, "__func__", found)
            if isinstance(function, FunctionType):
                yield function


def _tree(item: Any) -> ast.AST:
    tree = ast.parse(textwrap.dedent(inspect.getsource(item)))
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.ClassDef | ast.Module):
            node.body = [part for part in node.body if not _silent(part)]
        if isinstance(node, ast.ClassDef):
            node.bases = []
        elif isinstance(node, ast.FunctionDef):
            node.returns = None
        elif isinstance(node, ast.arg):
            node.annotation = None
        elif isinstance(node, ast.Call):
            field = isinstance(node.func, ast.Name) and node.func.id == "Field"
            # Of a field only the default matters to who computes with it.
            node.keywords = [] if field else node.keywords
    return tree


def _silent(node: ast.stmt) -> bool:
    text = isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant) and isinstance(node.value.value, str)
    return text or (isinstance(node, ast.FunctionDef) and node.name.startswith(_JUDGES)) or _info(node)


def _info(node: ast.stmt) -> bool:
    return isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name) and node.target.id == "info"


def _named(module: ModuleType | None, tree: ast.AST, texts: dict[str, str]) -> Iterator[Any]:
    scope = vars(module) if module is not None else {}
    for node in ast.walk(tree):
        found: Any = None
        if isinstance(node, ast.Name):
            found = scope.get(node.id)
        elif isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
            owner = scope.get(node.value.id)
            found = getattr(owner, node.attr, None) if isinstance(owner, ModuleType | type) else None
        if isinstance(found, FunctionType | type):
            if found.__module__.startswith(_OURS):
                yield found
        elif isinstance(node, ast.Name | ast.Attribute) and (is_dataclass(found) or isinstance(found, _PLAIN)):
            name = f"{module.__name__ if module is not None else ''} constant {ast.unparse(node)}"
            if name in texts:
                continue
            texts[name] = repr(found)
            if is_dataclass(found):
                yield type(found)
                if module is not None and any(callable(getattr(found, field.name, None)) for field in fields(found)):
                    # A function's address says nothing: what it was written as does.
                    home, value = _definition(module, ast.unparse(node))
                    texts[name] = ast.unparse(value)
                    yield from _named(home, value, texts)


def _definition(module: ModuleType, name: str) -> tuple[ModuleType, ast.expr]:
    """The expression that a module's constant was given, and the module in which it stands."""
    for node in ast.parse(inspect.getsource(module)).body:
        targets = node.targets if isinstance(node, ast.Assign) else [getattr(node, "target", None)]
        value = getattr(node, "value", None)
        if value is not None and any(isinstance(target, ast.Name) and target.id == name for target in targets):
            return module, value
        if isinstance(node, ast.ImportFrom) and node.module is not None:
            for alias in node.names:
                if (alias.asname or alias.name) == name:
                    return _definition(importlib.import_module(node.module), alias.name)
    raise LookupError(f"{module.__name__} does not say what {name} is")
