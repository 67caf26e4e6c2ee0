"""What compilers and distributed training ask of activations: one graph, no 0-d parameter, gradients that arrive."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import nn

import actreg
from actreg.conformance.cases import cases_of

dist = pytest.importorskip("torch.distributed")
if not dist.is_available():
    pytest.skip("this torch is built without torch.distributed", allow_module_level=True)

ACTS = [cases_of(actreg.default_registry().find(name))[0].act for name in actreg.names("elementwise")]
EACH = {"prelu": {"num_parameters": "each"}}


class Together(nn.Module):
    """Every elementwise activation of one input."""

    def __init__(self) -> None:
        super().__init__()
        backend = actreg.default_registry().backend("torch")
        self.layers = nn.ModuleList([backend.layer(act, features=6) for act in ACTS])

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return torch.stack([layer(x) for layer in self.layers])


@pytest.fixture
def group(tmp_path: Path) -> Iterator[None]:
    """A process group of one."""
    dist.init_process_group("gloo", init_method=f"file://{tmp_path}/store", rank=0, world_size=1)
    yield
    dist.destroy_process_group()


def test_no_parameter_is_0_d() -> None:
    """FSDP refuses those."""
    shapes = [tuple(parameter.shape) for parameter in Together().parameters()]
    assert shapes
    assert all(len(shape) >= 1 for shape in shapes)


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore:.*should not be instantiated:DeprecationWarning")
def test_every_elementwise_activation_is_part_of_one_graph() -> None:
    """Compiled together without a break, in evaluation, with the same values; the gradient runs through."""
    model = Together().eval()
    x = torch.randn(2, 6, 5, requires_grad=True)
    torch.compiler.reset()
    y = torch.compile(model, backend="eager", fullgraph=True)(x)
    torch.testing.assert_close(y, model(x), rtol=0.0, atol=0.0)
    y.sum().backward()
    assert x.grad is not None
    assert bool(torch.isfinite(x.grad).all())


def test_a_swapped_and_split_model_is_one_graph_and_exports(architectures: Any) -> None:
    """The count of calls within a run is known when it is traced; a second run starts anew."""
    model, x = architectures.make("resnet")
    actreg.swap(model, {"relu": EACH}, x, split=True)
    model.eval()
    torch.compiler.reset()
    compiled = torch.compile(model, backend="eager", fullgraph=True)
    for _ in range(2):
        torch.testing.assert_close(compiled(x), model(x))
    torch.testing.assert_close(torch.export.export(model, (x,)).module()(x), model(x))


@pytest.mark.parametrize("wrap", ["ddp", "fsdp"])
def test_a_swapped_model_trains_distributed(wrap: str, architectures: Any, group: None) -> None:
    """Slopes get their gradients under DistributedDataParallel and FSDP2."""
    model, x = architectures.make("vgg")
    actreg.swap(model, {"relu": EACH}, x)
    run: Any = model
    if wrap == "ddp":
        run = nn.parallel.DistributedDataParallel(model)
    else:
        fsdp = pytest.importorskip("torch.distributed.fsdp")
        mesh = pytest.importorskip("torch.distributed.device_mesh").init_device_mesh("cpu", (1,))
        fsdp.fully_shard(model, mesh=mesh)
    run(x).sum().backward()
    grad = model.features[1].weight.grad
    assert tuple(grad.shape) == (8,)
    local = grad.to_local() if hasattr(grad, "to_local") else grad
    assert bool((local != 0).any())
