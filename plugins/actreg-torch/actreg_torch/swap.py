"""Replacing the activations of a model that exists already.

Requirements:

- All or nothing: whatever fails, the model is as it was.
- Proof: afterwards the example runs again and every new module counts its calls; one that is never called is an error.
- One instance for each place; a module that serves several calls stays one unless `split`.
- What cannot be reached is told, and a swap that reaches nothing is an error.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

import torch
from torch import nn

from actreg import Activation, Backend, Find, SwapError, Swapped, SwapReport
from actreg_torch.sites import Found, look
from actreg_torch.sites_state import call, unchanged
from actreg_torch.sites_watch import Seen
from actreg_torch.swap_make import Place, make, move_hooks, works_in_place
from actreg_torch.swap_match import assign, read_keys
from actreg_torch.swap_split import PerCall


@dataclass
class Change:
    """One replacement. instances: the new activations; module: what stands in the place; undo: takes it back."""

    place: Place
    act: Activation
    instances: list[nn.Module]
    module: nn.Module
    notes: list[str] = field(default_factory=list)
    undo: list[Callable[[], object]] = field(default_factory=list)


def swap(
    backend: Backend, model: Any, mapping: Mapping[Any, Any], example: Any, *, find: Find, split: bool = False
) -> SwapReport:
    """What `TorchBackend.swap` does."""
    sites = look(model, example, find)
    pairs = assign(read_keys(mapping, sites, find), sites)
    wanted = [(found, key.target) for found, key in pairs if key is not None and not found.site.unreachable]
    unreached = tuple(found.site for found, key in pairs if key is not None and found.site.unreachable)
    if not wanted:
        why = "; ".join(f"{site.path or '(model)'} {site.what}: {site.unreachable}" for site in unreached)
        raise SwapError(f"nothing was swapped: {why}", [site.path for site in unreached])
    changes: list[Change] = []
    try:
        counts = _replace(backend, model, wanted, example, split, changes, in_place=True)
        if counts is None:
            _take_back(changes)
            counts = _replace(backend, model, wanted, example, split, changes, in_place=False) or []
    except BaseException:
        _take_back(changes)
        raise
    done = tuple(_told(change, count) for change, count in zip(changes, counts, strict=True))
    return SwapReport(type(model).__name__, done, unreached, tuple(f.site for f, key in pairs if key is None))


def _replace(
    backend: Backend,
    model: nn.Module,
    wanted: Iterable[tuple[Found, Activation]],
    example: Any,
    split: bool,
    changes: list[Change],
    *,
    in_place: bool,
) -> list[int] | None:
    """Applies every change and proves it: the number of calls of each; None where gradients break in place."""
    for found, act in wanted:
        for place in _places(model, found):
            changes.append(_change(backend, act, place, split, len(changes), in_place))
    for change in changes:
        _apply(change)
    counts = _prove(model, changes, example)
    overwriting = any(getattr(instance, "inplace", False) for change in changes for instance in change.instances)
    return counts if not overwriting or _differentiates(model, example) else None


def _places(model: nn.Module, found: Found) -> list[Place]:
    site = found.site
    if site.kind == "attribute":
        return [Place(found, found.module, found.attribute, site.path, found.seen)]
    places: dict[tuple[nn.Module, str], Place] = {}
    for path in (site.path, *site.also):
        above, _, name = path.rpartition(".")
        parent = model.get_submodule(above)
        places.setdefault((parent, name), Place(found, parent, name, path, _calls_of(found, parent, name)))
    return list(places.values())


def _calls_of(found: Found, parent: nn.Module, name: str) -> tuple[Seen, ...]:
    """The calls that a module under one name of one parent serves."""
    mine = tuple(seen for seen in found.seen if seen.owner is parent)
    names = [other for other, module in parent._modules.items() if module is found.module]
    if type(parent) is nn.Sequential and len(names) > 1 and len(mine) % len(names) == 0:
        # A Sequential calls its parts in their order.
        return mine[names.index(name) :: len(names)]
    return mine or found.seen


def _change(backend: Backend, act: Activation, place: Place, split: bool, seed: int, in_place: bool) -> Change:
    overwrites, notes = works_in_place(act, place)
    if overwrites and not in_place:
        overwrites, notes = False, ["no longer in place: what comes before it needs its output for the gradient"]
    turns = _turns(place)
    if split and turns == 0:
        callers = ", ".join(sorted({call.caller or "(model)" for call in place.found.site.calls}))
        raise SwapError(
            f"{place.path} can't be split: the number of calls differs from run to run of its callers ({callers})",
            [place.path],
        )
    if not split or turns == 1:
        module = make(backend, act, place, place.seen, seed, overwrites)
        change = Change(place, act, [module], module, notes)
        if turns != 1:
            notes.append(f"one module for {len(place.seen)} calls; split=True gives each its own")
    else:
        by_turn = [[seen for seen in place.seen if _order(place, seen) == turn] for turn in range(turns)]
        instances = [make(backend, act, place, seen, seed * 1000 + n, False) for n, seen in enumerate(by_turn)]
        module = PerCall(instances, place.seen[0].owner)
        module.train(place.found.module.training)
        change = Change(place, act, instances, module, [*notes, f"split into {turns} by the order of its calls"])
        hooks = place.seen[0].owner._forward_pre_hooks
        key = next(reversed(hooks))
        change.undo.append(lambda: hooks.pop(key))
    if place.found.site.kind == "module":
        change.notes += move_hooks(place.found.module, change.module)
    return change


def _turns(place: Place) -> int:
    """How many calls each run of the caller makes; 0 where that is not one number."""
    owners = {seen.owner for seen in place.seen}
    runs: dict[tuple[nn.Module, int], int] = {}
    for seen in place.seen:
        runs[seen.owner, seen.turn] = runs.get((seen.owner, seen.turn), 0) + 1
    siblings = [name for name, module in place.parent._modules.items() if module is place.found.module]
    if len(siblings) > 1:
        # Under several names of one parent: each name gets its own, whichever is called when.
        return 1
    if len(owners) == 1 and len(set(runs.values())) == 1:
        return next(iter(runs.values()))
    return 0 if len(place.seen) > 1 else 1


def _order(place: Place, seen: Seen) -> int:
    same = [one for one in place.seen if (one.owner, one.turn) == (seen.owner, seen.turn)]
    return next(n for n, one in enumerate(same) if one is seen)


def _apply(change: Change) -> None:
    parent, name = change.place.parent, change.place.name
    if hasattr(parent, "activation_relu_or_gelu"):
        # The fused path of torch's encoder layer trusts this number and not the activation.
        before = parent.activation_relu_or_gelu
        change.undo.append(lambda: parent.__dict__.__setitem__("activation_relu_or_gelu", before))
        parent.__dict__["activation_relu_or_gelu"] = 0
    if change.place.found.site.kind == "attribute":
        function = parent.__dict__.pop(name)
        change.undo.append(lambda: parent.__dict__.__setitem__(name, function))
        change.undo.append(lambda: parent._modules.pop(name))
        parent._modules[name] = change.module
    else:
        old = parent._modules[name]
        change.undo.append(lambda: parent._modules.__setitem__(name, old))
        parent._modules[name] = change.module


def _take_back(changes: list[Change]) -> None:
    for change in reversed(changes):
        while change.undo:
            change.undo.pop()()
    changes.clear()


def _prove(model: nn.Module, changes: list[Change], example: Any) -> list[int]:
    """Runs the example again; the calls of each change. Raises SwapError, naming those that were not called."""
    counts: dict[nn.Module, int] = {instance: 0 for change in changes for instance in change.instances}
    with unchanged(model), torch.no_grad():
        for instance in counts:
            # Not by hooks: they would turn off the fused paths in which a module is passed over.
            instance.__dict__["forward"] = _counting(instance, counts)
        try:
            call(model, example)
        except Exception as error:
            raise SwapError(f"the model does not run with the new activations: {error}", []) from error
    silent = [change.place.path for change in changes if not all(counts[instance] for instance in change.instances)]
    if silent:
        raise SwapError(f"never called after the swap: {', '.join(silent)}", silent)
    return [sum(counts[instance] for instance in change.instances) for change in changes]


def _counting(instance: nn.Module, counts: dict[nn.Module, int]) -> Callable[..., Any]:
    forward = instance.forward

    def counted(*args: Any, **kwargs: Any) -> Any:
        counts[instance] += 1
        return forward(*args, **kwargs)

    return counted


def _differentiates(model: nn.Module, example: Any) -> bool:
    """Whether the gradient survives what is overwritten."""
    parameters = [p for p in model.parameters() if p.is_floating_point()]
    flags = [parameter.requires_grad for parameter in parameters]
    try:
        for parameter in parameters:
            parameter.requires_grad_(True)
        with unchanged(model), torch.enable_grad():
            total = sum((one.sum() for one in _tensors(call(model, example)) if one.requires_grad), torch.zeros(()))
            if total.requires_grad:
                torch.autograd.grad(total, parameters, allow_unused=True)
    except RuntimeError as error:
        if "inplace operation" not in str(error) and "in-place operation" not in str(error):
            raise
        return False
    finally:
        for parameter, flag in zip(parameters, flags, strict=True):
            parameter.requires_grad_(flag)
    return True


def _tensors(value: Any) -> list[torch.Tensor]:
    if isinstance(value, torch.Tensor):
        return [value]
    parts = value.values() if isinstance(value, Mapping) else value if isinstance(value, tuple | list) else ()
    return [tensor for part in parts for tensor in _tensors(part)]


def _told(change: Change, count: int) -> Swapped:
    options = ", ".join(f"{name}={value!r}" for name, value in change.act.model_dump().items())
    label = f"{change.act.info.name}({options})" if options else change.act.info.name
    return Swapped(change.place.path, change.place.found.site.label(), label, count, tuple(change.notes))
