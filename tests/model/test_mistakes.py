"""A file with twenty-five different mistakes: twenty-five messages, each at its line and column, in one run."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest

from actreg.cli.app import execute
from actreg.errors import SpecError
from actreg.model import ModelSpec

TEXT = """\
actreg: 1
requires: {pyyaml: '>=99'}                                                      # 1
prefer: {relu: actrge}                                                          # 2
input: [8]
vars:
  width: 8
  half: $(widht // 2)                                                           # 3
  act: {gelu: {approximate: tanh}}
  width: 9                                                                      # 4
blocks:
  mlp:
    params: {hidden: 16, act: $act}
    layers: [layer_norm, linear: $hidden, act: $act, {linear: $in, biass: true}]# 5
  ring: [use: ring]                                                             # 6
  unused: [linear: {out_features: 8, bias: on}]                                 # 7
layers:
  - softmax: {axis: 4}                                                          # 8
  - residual: [linear: 4]                                                       # 9
  - lineer: 8                                                                   # 10
  - linear: $width
  - act: reluu                                                                  # 11
  - leaky_relu: {negativ_slope: 0.1}                                            # 12
  - leaky_relu: {negative_slope: 1e}                                            # 13
  - use: mpl                                                                    # 14
  - {use: mlp, with: {hiden: 5}}                                                # 15
  - repeat: {times: 0, layers: [relu]}                                          # 16
  - linear: $(8 * )                                                             # 17
  - linear: $half
  - linear: 8
  - dropout: 1.5                                                                # 18
  - {relu: , as: 5}                                                             # 19
  - branches: {merge: concatenate, of: [[relu], []]}                            # 20
  - linear: 8
  - {add: stem}                                                                 # 21
  - linear: [8, 8]                                                              # 22
  - {tanh: , linear: 8}                                                         # 23
seed: -1                                                                        # 24
train: {optimizer: adam}                                                        # 25
"""

SAID = [
    (20, "requires: pyyaml >=99 is needed"),
    (16, "unknown distribution 'actrge'; did you mean 'actreg'?"),
    (11, "unknown variable 'widht' (there are width); did you mean 'width'?"),
    (3, "duplicate key 'width', first given at line 6, column 3"),
    (68, "unknown key 'biass': options of linear stand below it; did you mean 'bias'?"),
    (15, "a block cannot call itself: ring → ring"),
    (44, "linear: bias: input should be a valid boolean, not 'on'; write true or false"),
    (21, "softmax: axis 4 is out of range for 2 axes"),
    (5, "residual: its layers make (4,) of (8,)"),
    (5, "unknown layer 'lineer'; did you mean 'linear'"),
    (10, "unknown activation 'reluu'; did you mean 'relu'"),
    (18, "leaky_relu: negativ_slope: unknown option (options: negative_slope); did you mean 'negative_slope'?"),
    (34, "leaky_relu: negative_slope: input should be a valid number, not '1e'"),
    (10, "unknown block 'mpl' (there are mlp, ring, unused); did you mean 'mlp'?"),
    (23, "mlp: unknown parameter 'hiden' (parameters: hidden, act); did you mean 'hidden'?"),
    (21, "repeat: times: input should be greater than or equal to 1, not 0"),
    (19, "the end is not expected here"),
    (14, "dropout: p: input should be less than 1, not 1.5"),
    (18, "as: a name has letters, digits and _, and begins with a letter, not 5"),
    (23, "branches: merge: input should be 'concat', 'sum' or 'mul', not 'concatenate'"),
    (11, "add: unknown name 'stem' (nothing before it has a name)"),
    (13, "linear: out_features: input should be a valid integer, not [8, 8]"),
    (14, "two kinds in one layer, tanh and linear: make them two items of the list"),
    (7, "seed is an integer from 0 to 2**63 - 1, not -1"),
    (20, "unknown optimizer 'adam'; did you mean 'adamw'?"),
]
"""Columns and words, in the order of the lines."""


def lines() -> list[int]:
    """The lines that say which mistake they have."""
    return [number for number, line in enumerate(TEXT.splitlines(), start=1) if re.search(r"# \d+$", line)]


def test_twenty_five_mistakes_are_twenty_five_messages(read: Callable[..., ModelSpec]) -> None:
    """Each where it stands, once, in the order of the file; nothing that only follows from another."""
    with pytest.raises(SpecError) as caught:
        read(TEXT, file="net.yaml")
    found = caught.value.diagnostics
    assert [(d.line, d.column) for d in found] == [
        (line, column) for line, (column, _) in zip(lines(), SAID, strict=True)
    ], "\n".join(map(str, found))
    for diagnostic, (_, words) in zip(found, SAID, strict=True):
        assert words in diagnostic.message
    assert len(found) == 25


def test_the_command_line_shows_the_lines(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Every message with its source line and a caret below the column; the count; status 2."""
    path = tmp_path / "net.yaml"
    path.write_text(TEXT, encoding="utf-8")
    assert execute(["check", str(path)]) == 2
    printed = capsys.readouterr().err.splitlines()
    assert printed[-1] == "25 problems"
    assert len(printed) == 3 * 25 + 1
    source = TEXT.splitlines()
    for place, (line, (column, words)) in enumerate(zip(lines(), SAID, strict=True)):
        message, shown, caret = printed[3 * place : 3 * place + 3]
        assert message.startswith(f"{path}:{line}:{column}: ")
        assert words in message
        assert shown == f"  {source[line - 1].rstrip()}"
        assert caret == f"  {' ' * (column - 1)}^"
