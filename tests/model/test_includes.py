"""Includes: a file as a block, under the spec's folder, and whole in what is stored."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from actreg.errors import SpecError
from actreg.model import ModelSpec, plan_of, read_spec
from actreg.registry import Registry

MAIN = """\
actreg: 1
input: [8]
vars: {width: 3}
blocks:
  mlp: {include: blocks/mlp.yaml}
layers:
  - {use: mlp, with: {hidden: 5}}
  - use: mlp
"""
MLP = """\
actreg: 1
requires: {pyyaml: '>=6'}
input: [4]
vars: {hidden: 7, act: silu}
blocks: {inner: {include: parts/inner.yaml}, last: [linear: $hidden]}
layers: [linear: $hidden, use: inner, act: $act, use: last]
seed: 3
"""
INNER = "actreg: 1\nlayers: [layer_norm]\n"


@pytest.fixture
def write(tmp_path: Path) -> Callable[..., Path]:
    """Writes the three files, some replaced, and more beside them; the main one's path."""

    def make(main: str = MAIN, mlp: str = MLP, inner: str = INNER, **more: str) -> Path:
        (tmp_path / "blocks" / "parts").mkdir(parents=True, exist_ok=True)
        (tmp_path / "main.yaml").write_text(main, encoding="utf-8")
        (tmp_path / "blocks" / "mlp.yaml").write_text(mlp, encoding="utf-8")
        (tmp_path / "blocks" / "parts" / "inner.yaml").write_text(inner, encoding="utf-8")
        for name, text in more.items():
            (tmp_path / f"{name}.yaml").write_text(text, encoding="utf-8")
        return tmp_path / "main.yaml"

    return make


def errors(path: Path, registry: Registry) -> list[str]:
    """What is wrong, with files relative to the spec's."""
    with pytest.raises(SpecError) as caught:
        read_spec(path, registry=registry)
    return [str(found).removeprefix(f"{path.parent}{os.sep}") for found in caught.value.diagnostics]


def test_an_included_spec_is_a_block(write: Callable[..., Path], registry: Registry) -> None:
    """Its variables are the parameters, its blocks its own; includes are relative to the file that names them."""
    plan = plan_of(read_spec(write(), registry=registry))
    assert [(node.name, node.shape) for node in plan.nodes] == [
        ("mlp_1.linear_1", (5,)), ("mlp_1.inner_1.layer_norm_1", (5,)), ("mlp_1.silu_1", (5,)),
        ("mlp_1.last_1.linear_1", (5,)),
        ("mlp_2.linear_1", (7,)), ("mlp_2.inner_1.layer_norm_1", (7,)), ("mlp_2.silu_1", (7,)),
        ("mlp_2.last_1.linear_1", (7,)),
    ]  # fmt: skip


def test_what_is_stored_needs_no_file(write: Callable[..., Path], registry: Registry, tmp_path: Path) -> None:
    """The text holds everything, pins included, and gives the same network with the files gone."""
    spec: ModelSpec = read_spec(write(), registry=registry, overrides={"width": "4"})
    before = plan_of(spec)
    for path in tmp_path.rglob("*.yaml"):
        path.unlink()
    assert "include" not in spec.text
    for again in (read_spec(spec.text, registry=registry), read_spec(spec, registry=registry)):
        assert plan_of(again) == before
    with pytest.raises(SpecError, match="is needed"):
        read_spec(spec.text.replace(">=6", ">=99"), registry=registry)


def test_a_spec_without_includes_is_stored_as_it_was_written(registry: Registry) -> None:
    """Comments and all."""
    text = "actreg: 1  # a comment\ninput: [8]\nlayers: [relu]\n"
    assert read_spec(text, registry=registry).text == text


MISTAKES = [
    ({"mlp": MLP.replace("linear: $hidden,", "lineer: $hidden,")}, "blocks/mlp.yaml:6:10: unknown layer 'lineer'"),
    ({"mlp": MLP.replace("act: $act", "act: $width")}, "blocks/mlp.yaml:6:45: unknown variable 'width'"),
    ({"mlp": MLP.replace(">=6", ">=99")}, "blocks/mlp.yaml:2:20: requires: pyyaml >=99 is needed"),
    ({"mlp": MLP.replace("seed", "sead")}, "blocks/mlp.yaml:7:1: unknown key 'sead'"),
    ({"mlp": MLP.replace("actreg: 1", "actreg: 2")}, "blocks/mlp.yaml:1:9: this version reads specs with actreg: 1"),
    ({"mlp": "layers: [relu]\nvars: {hidden: 1}\n"}, "blocks/mlp.yaml:1:1: the key actreg is missing"),
    ({"mlp": "[relu]\n"}, "blocks/mlp.yaml:1:1: a spec is a mapping that begins with actreg: 1, not a list"),
    ({"mlp": "a: [\n"}, "blocks/mlp.yaml:2:1: this is not YAML"),
    ({"mlp": "actreg: 1\nvars: {hidden: 1}\n"}, "main.yaml:5:3: the block mlp has no layers"),
    ({"inner": INNER.replace("layer_norm", "halver, halver, halver")},
     "blocks/parts/inner.yaml:2:10: halver: it halves axis -1, whose size 5 is odd (in mlp, called on line 7)"),
    ({"inner": "actreg: 1\nlayers: [linear: {out_features: x}]\n"},
     "blocks/parts/inner.yaml:2:33: linear: out_features: "),
    ({"main": MAIN.replace("hidden: 5", "hiden: 5")}, "main.yaml:7:23: mlp: unknown parameter 'hiden'"),
    ({"main": MAIN.replace("hidden: 5", "hidden: x")}, "not 'x' (from $hidden, {folder}/main.yaml, line 7)"),
    ({"main": MAIN.replace("mlp.yaml", "mpl.yaml")},
     "main.yaml:5:18: include: there is no file blocks/mpl.yaml; did you"),
    ({"main": MAIN.replace("blocks/mlp.yaml", "../blocks/mlp.yaml")},
     "main.yaml:5:18: include: ../blocks/mlp.yaml leads out"),
    ({"main": MAIN.replace("blocks/mlp.yaml", "/etc/passwd.yaml")}, "main.yaml:5:18: include: the path is relative"),
    ({"main": MAIN.replace("blocks/mlp.yaml", "blocks")}, "main.yaml:5:18: include: the file is a .yaml or a .yml"),
    ({"main": MAIN.replace("blocks/mlp.yaml", "3")}, "main.yaml:5:18: include: the path of a spec, not 3"),
    ({"main": MAIN.replace("mlp.yaml}", "mlp.yaml, layers: [relu]}")},
     "main.yaml:5:35: layers cannot stand beside include"),
    ({"mlp": MLP.replace("parts/inner.yaml", "../blocks/mlp.yaml")},
     "blocks/mlp.yaml:5:27: include: a file cannot include itself: mlp.yaml → mlp.yaml"),
    ({"mlp": MLP.replace("parts/inner.yaml", "../../out.yaml")},
     "blocks/mlp.yaml:5:27: include: ../../out.yaml leads out"),
    ({"inner": "actreg: 1\nblocks: {m: {include: ../mlp.yaml}}\nlayers: [use: m]\n"},
     "blocks/parts/inner.yaml:2:23: include: a file cannot include itself: mlp.yaml → inner.yaml → mlp.yaml"),
]  # fmt: skip


@pytest.mark.parametrize(("files", "expected"), MISTAKES, ids=[e for _, e in MISTAKES])
def test_a_mistake(write: Callable[..., Path], registry: Registry, files: dict[str, str], expected: str) -> None:
    """One message, in the file where it stands."""
    path = write(**files)
    (found,) = errors(path, registry)
    assert expected.format(folder=path.parent) in found


def test_links_do_not_lead_out(write: Callable[..., Path], registry: Registry, tmp_path: Path) -> None:
    """A file or a folder elsewhere is refused, however it is reached."""
    outside = tmp_path.parent / f"{tmp_path.name}_outside"
    outside.mkdir()
    (outside / "mlp.yaml").write_text(MLP, encoding="utf-8")
    path = write()
    (tmp_path / "blocks" / "mlp.yaml").unlink()
    (tmp_path / "blocks" / "mlp.yaml").symlink_to(outside / "mlp.yaml")
    assert "leads out of the spec's folder" in errors(path, registry)[0]
    (tmp_path / "linked").symlink_to(outside)
    path = write(MAIN.replace("blocks/mlp.yaml", "linked/mlp.yaml"), mlp=MLP)
    assert any("linked/mlp.yaml leads out of the spec's folder" in found for found in errors(path, registry))


def test_a_text_without_a_folder_includes_nothing(registry: Registry) -> None:
    """Nor does a weight file's: it names the reason."""
    with pytest.raises(SpecError, match="a spec that came from no file has no folder to include from"):
        read_spec(MAIN, registry=registry)


def test_includes_are_bounded(write: Callable[..., Path], registry: Registry) -> None:
    """Files that include files that double cost no more than one does."""
    files = {
        f"f{n}": f"actreg: 1\nblocks: {{a: {{include: f{n + 1}.yaml}}, b: {{include: f{n + 1}.yaml}}}}\n"
        "layers: [use: a, use: b]\n"
        for n in range(30)
    }
    main = "actreg: 1\ninput: [8]\nblocks: {a: {include: f0.yaml}}\nlayers: [use: a]\n"
    path = write(main, f30="actreg: 1\nlayers: [relu]\n", **files)
    found = errors(path, registry)
    assert len(found) == 1, found
    assert "more than" in found[0]
