"""Export to ONNX: by a backend that can, checked in onnxruntime, and written only where it is right.

Requirements:

- Nothing is written that departs from our reference, unless asked for (`allow_inexact`); the findings say where and by
  how many ulp.
- A file is whole or absent.
"""

from __future__ import annotations

import os
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from actreg.errors import CapabilityError, InexactExportError, InputError

if TYPE_CHECKING:
    from actreg.exporting.judge import Finding
    from actreg.registry import Registry

SUFFIXES: Final = (".yaml", ".yml", ".safetensors")
"""Of files; every other text names an activation."""


@dataclass(frozen=True)
class OnnxExport:
    """An exported file and what was found when it ran. runtime: the version of onnxruntime."""

    content: bytes = field(repr=False)
    opset: int
    ir_version: int
    runtime: str
    findings: tuple[Finding, ...]

    @property
    def exact(self) -> bool:
        """Whether every finding is within its limit."""
        return all(finding.exact for finding in self.findings)

    def to_json(self) -> dict[str, Any]:
        """Plain data, without the file's content."""
        facts = {"opset": self.opset, "ir_version": self.ir_version, "onnxruntime": self.runtime, "exact": self.exact}
        return {**facts, "findings": [finding.to_json() for finding in self.findings]}

    def __str__(self) -> str:
        head = f"ONNX opset {self.opset}, IR version {self.ir_version}, checked in onnxruntime {self.runtime}"
        return "\n".join([head, *(f"  {finding}" for finding in self.findings)])


def export_onnx(
    thing: Any,
    path: str | Path | None = None,
    *,
    shape: tuple[int, ...] | None = None,
    overrides: Mapping[str, Any] | None = None,
    native: bool = False,
    allow_inexact: bool = False,
    accept_drift: bool | Collection[str] = False,
    backend: str = "torch",
    registry: Registry | None = None,
) -> OnnxExport:
    """Exports an activation or a network to ONNX in float32, and checks it in onnxruntime.

    thing: a weight file or a spec, by its path; or an activation: a name, a mapping or an instance. path: where to
    write; nowhere when None. shape: of an activation's input, batch axis included. overrides: of a spec's variables.
    native: ONNX's own operators in place of our formulas. accept_drift: as in `load`. The file has input ``x``, output
    ``y`` and a free batch axis.

    Raises InexactExportError where the file departs from our reference, CapabilityError, MissingExtraError, and
    whatever reading the file raises.
    """
    from actreg.registry import default_registry

    registry = registry or default_registry()
    if "onnx" not in registry.backend(backend).capabilities:
        raise CapabilityError(f"backend {backend!r} does not export to ONNX; torch does")
    if isinstance(thing, Path) or (isinstance(thing, str) and thing.endswith(SUFFIXES)):
        content, findings, runtime = _file(str(thing), overrides, accept_drift, backend, native, registry)
    else:
        content, findings, runtime = _activation(thing, shape, backend, native, registry)
    done = OnnxExport(content, *_versions(content), runtime, tuple(findings))
    if not done.exact and not allow_inexact:
        raise InexactExportError(str(thing), [str(finding) for finding in findings if not finding.exact])
    if path is not None:
        _write(Path(path), content)
    return done


def activation_onnx(
    thing: Any,
    *,
    shape: tuple[int, ...] | None = None,
    native: bool = False,
    backend: str = "torch",
    registry: Registry | None = None,
    **config: Any,
) -> bytes:
    """The ONNX file of one activation, with initial parameters, for inputs of `shape`; not checked."""
    from actreg.exporting.single import export_single, single
    from actreg.registry import default_registry

    registry = registry or default_registry()
    return export_single(
        single(registry.get(thing, **config), shape), backend=backend, native=native, registry=registry
    )


def _activation(
    thing: Any, shape: tuple[int, ...] | None, backend: str, native: bool, registry: Registry
) -> tuple[bytes, list[Finding], str]:
    from actreg.exporting.runtime import OnnxRun
    from actreg.exporting.single import export_single, judge_single, single

    given = single(registry.get(thing), shape)
    content = export_single(given, backend=backend, native=native, registry=registry)
    run = OnnxRun(content)
    return content, [judge_single(given, run, registry)], run.version


def _file(
    file: str,
    overrides: Mapping[str, Any] | None,
    accept_drift: bool | Collection[str],
    backend: str,
    native: bool,
    registry: Registry,
) -> tuple[bytes, list[Finding], str]:
    from actreg.exporting.whole import export_network
    from actreg.model.initial import initial_weights
    from actreg.model.plan import plan_of
    from actreg.model.read import read_spec
    from actreg.model.weights import open_model

    if file.endswith(".safetensors"):
        if overrides:
            raise InputError("a weight file has its variables already: set them when you train, or export the spec")
        model = open_model(file, registry=registry, accept_drift=accept_drift)
        plan, weights = model.plan, dict(model.stored.weights)
    else:
        plan = plan_of(read_spec(Path(file), overrides=overrides, registry=registry, file=file))
        weights = dict(initial_weights(plan))
    return export_network(plan, weights, backend=backend, native=native, registry=registry)


def _versions(content: bytes) -> tuple[int, int]:
    import onnx

    model = onnx.load_from_string(content)
    return next(entry.version for entry in model.opset_import if entry.domain in ("", "ai.onnx")), model.ir_version


def _write(path: Path, content: bytes) -> None:
    beside = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        beside.write_bytes(content)
        os.replace(beside, path)
    finally:
        beside.unlink(missing_ok=True)
