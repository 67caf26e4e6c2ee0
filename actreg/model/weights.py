"""Weight files: weights, spec and provenance in one safetensors file.

Requirements:

- Never pickle; loading reads no other file: neither the spec's data nor anything that its text may name.
- Whatever is wrong with a file (truncated, foreign, damaged, another network's, not finite) is a WeightsError that says
  what and what to do; sizes are compared with the file's before anything is read.
- A file is whole or absent: it is written beside its place and moved there.
- Mathematics that differs from that of the file's making is refused unless told.
"""

from __future__ import annotations

import json
import math
import os
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO, Final

from actreg.contracts.plan import Plan
from actreg.errors import DriftError, SpecError, WeightsError
from actreg.model.limits import MAX_PARAMETERS
from actreg.model.plan import plan_of
from actreg.model.provenance import Change, drift, is_record, missing
from actreg.model.read import read_spec
from actreg.model.spec import ModelSpec

if TYPE_CHECKING:
    import numpy as np

    from actreg.registry import Registry

FORMAT: Final = "1"
"""The version of the metadata's layout."""

MAX_HEADER: Final = 32 * 1024 * 1024
"""Bytes of a file's header, in which spec and provenance lie."""

_DTYPES: Final = {"F64": "float64", "F32": "float32", "F16": "float16", "BF16": "bfloat16"}
_AGAIN: Final = "get the file again, or train again"


@dataclass(frozen=True)
class WeightFile:
    """A weight file as it was read.

    file: its path. text, overrides, source: the spec's YAML, the variables set from outside, the name of its file.
    provenance: what it says about its making. weights: every parameter and buffer, ``node.parameter``, in the dtype
    in which it was trained.
    """

    file: str
    text: str
    overrides: Mapping[str, str]
    source: str
    provenance: Mapping[str, Any]
    weights: Mapping[str, np.ndarray] = field(repr=False)


@dataclass(frozen=True)
class LoadedModel:
    """A weight file whose spec was read and checked against it."""

    stored: WeightFile
    spec: ModelSpec
    plan: Plan


def save(
    path: str | Path, spec: ModelSpec, plan: Plan, weights: Mapping[str, np.ndarray], provenance: Mapping[str, Any]
) -> None:
    """Writes a weight file, whole or not at all. weights: every parameter and buffer of `plan`, finite.

    Raises WeightsError where they do not fit the plan or are not finite, OSError where the file cannot be written.
    """
    import numpy as np
    from safetensors.numpy import save as to_bytes

    path = Path(path)
    _check_fit(str(path), plan, {name: tuple(array.shape) for name, array in weights.items()})
    _check_finite(str(path), weights)
    metadata = {
        "actreg": FORMAT,
        "spec": spec.text,
        "overrides": json.dumps(dict(spec.overrides)),
        "source": Path(spec.file).name,
        "provenance": json.dumps(provenance, allow_nan=False),
    }
    content = to_bytes({name: np.ascontiguousarray(array) for name, array in weights.items()}, metadata=metadata)
    _replace(path, content)


def _replace(path: Path, content: bytes) -> None:
    beside = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        with beside.open("wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        os.replace(beside, path)
    finally:
        beside.unlink(missing_ok=True)


def read_weights(path: str | Path) -> WeightFile:
    """Reads a weight file without asking what its spec means.

    Raises WeightsError for a damaged or foreign file, OSError where it cannot be read.
    """
    name = str(path)
    with Path(path).open("rb") as file:
        header = _read_header(name, file)
        metadata = _metadata(name, header)
        weights = _read_tensors(name, file)
    _check_finite(name, weights)
    overrides = _json(name, metadata, "overrides")
    provenance = _json(name, metadata, "provenance")
    if not all(isinstance(value, str) for value in overrides.values()):
        raise WeightsError(name, f"damaged: its overrides are no texts; {_AGAIN}")
    return WeightFile(name, metadata["spec"], overrides, metadata.get("source", "spec"), provenance, weights)


def is_weight_file(path: str | Path) -> bool:
    """Whether a file begins as a weight file does, and not as text: with the length of its header."""
    try:
        with Path(path).open("rb") as file:
            head = file.read(9)
    except (OSError, ValueError):
        return Path(path).suffix == ".safetensors"
    return b"\0" in head[:8] or Path(path).suffix == ".safetensors"


def open_model(
    path: str | Path, *, registry: Registry | None = None, accept_drift: bool | Collection[str] = False
) -> LoadedModel:
    """Reads a weight file, and its spec and plan again from the text in it; touches no other file.

    accept_drift: True takes whatever has changed since; names of activations and kinds of layers take changes of those
    alone. What is not installed is refused always.

    Raises WeightsError; DriftError, which is one, where only acceptance is missing.
    """
    from actreg.registry import default_registry

    registry = registry or default_registry()
    stored = read_weights(path)
    recorded = _records(stored)
    problems = missing(recorded, registry)
    if problems:
        raise WeightsError(stored.file, "; ".join(problems))
    spec = _read_again(stored, registry)
    plan = plan_of(spec)
    _check_fit(stored.file, plan, {name: tuple(array.shape) for name, array in stored.weights.items()})
    if accept_drift is not True:
        accepted = accept_drift or ()
        _refuse(stored.file, [c for c in drift(stored.provenance, plan, registry) if c.name not in accepted])
    return LoadedModel(stored, spec, plan)


def load(
    path: str | Path,
    *,
    backend: str = "numpy",
    device: str | None = None,
    dtype: str | None = None,
    registry: Registry | None = None,
    accept_drift: bool | Collection[str] = False,
) -> Any:
    """The network of a weight file, on any backend, whichever trained it; torch: an nn.Module.

    device: the backend's default when None. dtype: that of the file when None. accept_drift: True loads even where an
    activation's plugin, config or reference has changed since; a collection of names, where only those have.

    Raises WeightsError for a file that is damaged, does not fit or needs what is not installed; DriftError for
    mathematics that has changed; UnknownNameError for the backend.
    """
    from actreg.registry import default_registry

    registry = registry or default_registry()
    model = open_model(path, registry=registry, accept_drift=accept_drift)
    return network_of(model, backend=backend, device=device, dtype=dtype, registry=registry)


def network_of(
    model: LoadedModel, *, backend: str, device: str | None = None, dtype: str | None = None, registry: Registry
) -> Any:
    """The network of a model that was opened."""
    dtypes = [str(array.dtype) for array in model.stored.weights.values()]
    chosen = dtype or (dtypes[0] if dtypes else "float32")
    return registry.backend(backend).network(model.plan, dict(model.stored.weights), device=device, dtype=chosen)


def _records(stored: WeightFile) -> list[dict[str, Any]]:
    recorded = stored.provenance.get("activations")
    if not isinstance(recorded, list) or not all(map(is_record, recorded)):
        raise WeightsError(stored.file, f"damaged: its provenance lists no activations; {_AGAIN}")
    return recorded


def _refuse(file: str, changes: list[Change]) -> None:
    if not changes:
        return
    sources = sorted({change.source for change in changes if change.source})
    names = sorted({change.name for change in changes})
    remedy = f"pip install {' '.join(sources)} brings back what made it, or " if sources else ""
    argument = f"accept_drift={{{', '.join(map(repr, names))}}}"
    accept = f"load with accept_drift=True or {argument} (--accept-drift) to take what is here"
    raise DriftError(file, "; ".join([*map(str, changes), remedy + accept]), tuple(names))


def _read_again(stored: WeightFile, registry: Registry) -> ModelSpec:
    # A text of one line would be taken for a path.
    text = stored.text if "\n" in stored.text else stored.text + "\n"
    try:
        return read_spec(text, overrides=stored.overrides, registry=registry, file=f"{stored.file}:{stored.source}")
    except SpecError as error:
        first = error.diagnostics[0]
        more = f" (and {len(error.diagnostics) - 1} more)" if len(error.diagnostics) > 1 else ""
        problem = f"the spec in it is refused at {first.line}:{first.column}: {first.message}{more}"
        raise WeightsError(stored.file, f"{problem}; load it with the version of actreg that wrote it") from error


# The file itself.


def _read_header(name: str, file: BinaryIO) -> dict[str, Any]:
    size = os.fstat(file.fileno()).st_size
    length = int.from_bytes(file.read(8), "little")
    if size < 8:
        raise WeightsError(name, f"no weight file, or truncated: it has {size} bytes; {_AGAIN}")
    if not 2 <= length <= MAX_HEADER or file.peek(1)[:1] != b"{":  # type: ignore[attr-defined]
        raise WeightsError(name, "this is no safetensors file: give a file that actreg train wrote")
    if length > size - 8:
        raise WeightsError(name, f"truncated: its header has {length} bytes, of which {size - 8} are there; {_AGAIN}")
    try:
        header = json.loads(file.read(length))
        tensors = {key: value for key, value in header.items() if key != "__metadata__"}
        ends = [int(entry["data_offsets"][1]) for entry in tensors.values()]
        kinds = {key: entry["dtype"] for key, entry in tensors.items()}
    except (ValueError, TypeError, KeyError, IndexError, AttributeError, RecursionError) as error:
        raise WeightsError(name, f"damaged: its header cannot be read ({type(error).__name__}); {_AGAIN}") from error
    _check_size(name, max(ends, default=0), size - 8 - length)
    for key, kind in kinds.items():
        if not isinstance(kind, str) or kind not in _DTYPES:
            raise WeightsError(name, f"{key} is {kind}: weights are {', '.join(_DTYPES.values())}")
    return dict(header)


def _check_size(name: str, promised: int, present: int) -> None:
    if present < promised:
        raise WeightsError(name, f"truncated: {present} of {promised} bytes of weights are there; {_AGAIN}")
    if present > promised:
        raise WeightsError(name, f"damaged: {present - promised} bytes follow its weights; {_AGAIN}")
    if promised > 8 * MAX_PARAMETERS:
        raise WeightsError(name, f"too large: {promised} bytes of weights, more than any network here has")


def _metadata(name: str, header: Mapping[str, Any]) -> dict[str, str]:
    metadata = header.get("__metadata__")
    if not isinstance(metadata, dict) or "actreg" not in metadata:
        raise WeightsError(name, "a safetensors file without a spec: actreg train writes files that carry theirs")
    if metadata["actreg"] != FORMAT:
        raise WeightsError(name, f"format {metadata['actreg']!r}; this version reads format {FORMAT}: update actreg")
    for key in ("spec", "overrides", "provenance"):
        if not isinstance(metadata.get(key), str):
            raise WeightsError(name, f"damaged: its metadata lacks {key}; {_AGAIN}")
    return metadata


def _json(name: str, metadata: Mapping[str, str], key: str) -> dict[str, Any]:
    try:
        value = json.loads(metadata[key])
    except (ValueError, RecursionError) as error:
        raise WeightsError(name, f"damaged: its {key} cannot be read; {_AGAIN}") from error
    if not isinstance(value, dict):
        raise WeightsError(name, f"damaged: its {key} are no mapping; {_AGAIN}")
    return value


def _read_tensors(name: str, file: BinaryIO) -> dict[str, np.ndarray]:
    import ml_dtypes
    import numpy as np
    from safetensors import SafetensorError, deserialize

    file.seek(0)
    dtypes = {**{code: np.dtype(dtype) for code, dtype in _DTYPES.items() if code != "BF16"}}
    dtypes["BF16"] = np.dtype(ml_dtypes.bfloat16)
    try:
        found = deserialize(file.read())  # type: ignore[no-untyped-call]
    except SafetensorError as error:
        raise WeightsError(name, f"damaged: {error}; {_AGAIN}") from error
    # A copy: the caller's arrays are writable and do not keep the whole file alive.
    return {
        key: np.frombuffer(entry["data"], dtype=dtypes[entry["dtype"]]).reshape(entry["shape"]).copy()
        for key, entry in sorted(found)
    }


def _check_fit(name: str, plan: Plan, shapes: Mapping[str, tuple[int, ...]]) -> None:
    expected = {parameter: spec.shape for parameter, spec in plan.parameters()}
    problems = [f"{p} is missing" for p in expected if p not in shapes]
    problems += [f"{p} belongs to no layer" for p in shapes if p not in expected]
    problems += [
        f"{p} has shape {shapes[p]}, not {tuple(shape)}"
        for p, shape in expected.items()
        if p in shapes and shapes[p] != tuple(shape)
    ]
    if problems:
        more = f" (and {len(problems) - 3} more)" if len(problems) > 3 else ""
        raise WeightsError(name, f"the weights do not fit the spec: {'; '.join(problems[:3])}{more}; train again")


def _check_finite(name: str, weights: Mapping[str, np.ndarray]) -> None:
    import numpy as np

    for key, array in weights.items():
        finite = np.isfinite(array)
        if not finite.all():
            count = math.prod(array.shape) - int(finite.sum())
            raise WeightsError(name, f"{key} has {count} value(s) that are not finite; train again, with a lower lr")
