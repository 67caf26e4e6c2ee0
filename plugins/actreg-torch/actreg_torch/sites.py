"""The sites of a model: what was seen while it ran, beside what there is.

Requirements:

- Modules come in the model's own order, called or not; functions under the module in whose forward they are called.
- A module under several paths is one site with its other paths; it counts as one until it is split.
- A function that is an attribute of its caller (`TransformerEncoderLayer.activation`) can be replaced by setting it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import torch
from torch import nn

from actreg import Call, CapabilityError, Find, InputError, Site, SiteReport
from actreg_torch import recognise
from actreg_torch.recognise_custom import custom
from actreg_torch.sites_functions import FUNCTIONS, FUSED, INSIDE
from actreg_torch.sites_state import call, unchanged
from actreg_torch.sites_watch import Seen, watching


@dataclass(frozen=True)
class Found:
    """A site with the objects that it speaks of. module: the activation, or the owner of the function; attribute: of
    the owner."""

    site: Site
    module: nn.Module
    seen: tuple[Seen, ...]
    attribute: str = ""
    recognised: recognise.Recognised | None = None


def report(model: Any, example: Any, find: Find) -> SiteReport:
    """Every site of a model. example: a tensor, a tuple of arguments or a mapping of keyword arguments."""
    return SiteReport(type(model).__name__, tuple(found.site for found in look(model, example, find)))


def look(model: Any, example: Any, find: Find) -> list[Found]:
    """Runs the example and finds every site; the model stays as it was.

    Raises InputError for what is no torch module, or where the example does not run; CapabilityError for a compiled
    model.
    """
    check(model)
    tried = {module: recognise.module(module, find) for module in model.modules()}
    tried |= {module: custom(module, find) for module, what in tried.items() if what is None and module is not model}
    known = {module: what for module, what in tried.items() if what is not None}
    with unchanged(model), torch.no_grad(), watching(model, set(known)) as watch:
        try:
            call(model, example)
        except Exception as error:
            raise InputError(f"the example does not run through {type(model).__name__}: {error}") from error
    paths = paths_of(model)
    found = _modules(known, watch.calls, watch.readers, paths)
    found += _functions([seen for seen in watch.calls if not isinstance(seen.thing, nn.Module)], paths, find)
    found += _compiled(model, paths)
    order = {path: place for place, path in enumerate(path for path, _ in model.named_modules(remove_duplicate=False))}
    return sorted(found, key=lambda one: order.get(one.site.path.removesuffix(f".{one.attribute}"), -1))


def check(model: Any) -> None:
    """Refuses what has no sites to look at."""
    if not isinstance(model, nn.Module):
        raise InputError(f"sites are looked for in a torch.nn.Module, not in a {type(model).__name__}")
    if isinstance(model, torch.jit.ScriptModule):
        raise CapabilityError("a torch.jit module is compiled: swap before scripting")
    if hasattr(model, "_orig_mod"):
        raise CapabilityError("the model is compiled by torch.compile: pass the module that was compiled")


def paths_of(model: nn.Module) -> dict[nn.Module, list[str]]:
    """Every path of every module."""
    found: dict[nn.Module, list[str]] = {}
    for path, module in model.named_modules(remove_duplicate=False):
        found.setdefault(module, []).append(path)
    return found


def _modules(
    known: Mapping[nn.Module, recognise.Recognised],
    calls: list[Seen],
    readers: Mapping[int, str],
    paths: Mapping[nn.Module, list[str]],
) -> list[Found]:
    found = []
    for module, what in known.items():
        mine = [(place, seen) for place, seen in enumerate(calls) if seen.thing is module]
        first, *also = paths[module]
        label = f"nn.{type(module).__name__}" if type(module) in recognise.MODULES else type(module).__name__
        site = Site(
            path=first,
            kind="module",
            what=label,
            name=what.name,
            config=what.options,
            calls=tuple(_call(seen, paths) for _, seen in mine),
            also=tuple(also),
            inplace=bool(getattr(module, "inplace", False)),
            overwritten=next((readers[place] for place, _ in mine if place in readers), ""),
        )
        found.append(Found(site, module, tuple(seen for _, seen in mine), recognised=what))
    return found


def _functions(calls: list[Seen], paths: Mapping[nn.Module, list[str]], find: Find) -> list[Found]:
    groups: dict[Any, list[Seen]] = {}
    for seen in calls:
        attribute = _attribute(seen)
        where = attribute or seen.source
        groups.setdefault((id(seen.owner), where, seen.thing, _options(seen)), []).append(seen)
    return [_function(group, paths, find) for group in groups.values()]


def _function(group: list[Seen], paths: Mapping[nn.Module, list[str]], find: Find) -> Found:
    seen = group[0]
    calls = tuple(_call(one, paths) for one in group)
    path = paths[seen.owner][0]
    if seen.thing in FUSED:
        label = FUSED[seen.thing]
        return Found(Site(path, "fused", label, INSIDE.get(label, ""), calls=calls), seen.owner, tuple(group))
    function = FUNCTIONS[seen.thing]
    given, inplace = function.bind(*seen.arguments)
    what = recognise.call(function.torch_name, given, find)
    attribute = _attribute(seen)
    place = f"{path}.{attribute}" if path and attribute else attribute or path
    kind: Any = "attribute" if attribute else "function"
    site = Site(place, kind, function.label, what.name, what.options, calls, inplace=inplace)
    return Found(site, seen.owner, tuple(group), attribute, what)


def _attribute(seen: Seen) -> str:
    """The attribute of the caller that is this very function; empty where it is called by its name in code."""
    if seen.thing not in FUNCTIONS:
        return ""
    return next((name for name, value in vars(seen.owner).items() if value is seen.thing), "")


def _options(seen: Seen) -> str:
    if seen.thing not in FUNCTIONS:
        return ""
    given, _ = FUNCTIONS[seen.thing].bind(*seen.arguments)
    return repr(sorted((key, value) for key, value in given.items() if not isinstance(value, torch.Tensor)))


def _compiled(model: nn.Module, paths: Mapping[nn.Module, list[str]]) -> list[Found]:
    found: list[Found] = []
    inside: set[nn.Module] = set()
    for module in model.modules():
        if isinstance(module, torch.jit.ScriptModule) and module not in inside:
            inside.update(module.modules())
            label = f"torch.jit {getattr(module, 'original_name', type(module).__name__)}"
            found.append(Found(Site(paths[module][0], "compiled", label), module, ()))
    return found


def _call(seen: Seen, paths: Mapping[nn.Module, list[str]]) -> Call:
    return Call(paths[seen.owner][0], seen.source, seen.shape)
