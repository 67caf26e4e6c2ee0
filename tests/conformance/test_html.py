"""The page: self-contained, whole, escaped, and every link in it leads somewhere."""

from __future__ import annotations

import re
from dataclasses import fields, replace
from html.parser import HTMLParser
from typing import Any

import pytest

from actreg.conformance import check
from actreg.conformance.agreement import Agreement
from actreg.conformance.html_build import Html, tag
from actreg.conformance.html_page import html
from actreg.conformance.record import Record
from actreg.conformance.run import Run
from actreg.conformance.witness import Witness

EVIL = "<script>alert('x')</script>\"&'"
VOID = {"meta", "br"}
PAIR = Agreement("tanh", "default", "float32", "numpy", "torch", "value", 3.0, 9, "1.0 = 0x1p+0", "2 = 0x2", "3 = 0x3")


def _run(records: list[Record], pairs: list[Agreement]) -> Run:
    return Run(records, pairs, "actreg conform", "2026-01-02T03:04:05+00:00", 1.5, {"actreg": "1"}, "a machine")


@pytest.fixture(scope="module")
def measured() -> str:
    """A page with everything in it."""
    records = check(["tanh", "prelu"], backends=["numpy"], dtypes=["float32"])
    failing = replace(records[0], verdict="fail", reason="by design", dtype="float64")
    listed = replace(records[0], verdict="deviation", reason="a defect (a reason)", backend="torch")
    return html(_run([*records, failing, listed], [PAIR]))


class Reader(HTMLParser):
    """Balances tags, collects ids and links."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.ids: list[str] = []
        self.links: list[str] = []
        self.tags: set[str] = set()

    def handle_starttag(self, tag: str, attrs: Any) -> None:
        given = dict(attrs)
        self.tags.add(tag)
        self.ids += [given["id"]] if "id" in given else []
        self.links += [given[name] for name in ("href", "src") if name in given]
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


def read(page: str) -> Reader:
    """The page, parsed."""
    reader = Reader()
    reader.feed(page)
    reader.close()
    assert reader.open == []
    return reader


def test_the_page_is_whole_and_needs_nothing(measured):
    """Balanced, ids unique, links within it, no script, no address, and a policy that forbids them."""
    reader = read(measured)
    assert len(reader.ids) == len(set(reader.ids))
    assert {link.removeprefix("#") for link in reader.links} <= set(reader.ids)
    assert all(link.startswith("#") for link in reader.links)
    assert "script" not in reader.tags
    assert not re.search(r"https?://|url\(|@import", measured)
    assert "default-src 'none'" in measured


def test_the_page_says_everything(measured):
    """Matrix, failures in full, deviations with reasons, skips by capability, pairs, worst inputs, the run."""
    for text in (
        "correctly rounded", "by design", "a defect (a reason)", "capability not declared", "numpy and torch",
        "Worst inputs", "actreg conform", "2026-01-02", "a machine", "prefers-color-scheme: dark", "width=device-width",
    ):  # fmt: skip
        assert text in measured, text
    first = next(w for r in check("tanh", backends=["numpy"], dtypes=["float32"]) for w in r.witnesses)
    assert first.input_hex in measured
    assert "python -c &#x27;import actreg" in measured


def test_everything_from_outside_is_escaped():
    """Whatever a plugin calls itself."""
    words = {f.name: EVIL for f in fields(Record) if f.type == "str"}
    witness = Witness(EVIL, EVIL, EVIL, f"{EVIL} = {EVIL}", 9.0)
    records = [
        Record(**{**words, "verdict": verdict, "check": name, "grade": "failed"}, max_ulp=1.0, witnesses=(witness,))
        for verdict in ("pass", "fail", "deviation", "stale", "skipped", "expected")
        for name in ("value", EVIL)
    ]
    pair = Agreement(*([EVIL] * 6), 3.0, 9, EVIL, EVIL, EVIL)
    run = replace(_run(records, [pair]), command=EVIL, versions={EVIL: EVIL}, machine=EVIL)
    page = html(run)
    assert EVIL not in page
    assert "<script" not in page
    assert "script" not in read(page).tags


def test_building_escapes_all_but_what_it_built():
    """Attributes, too."""
    assert tag("p", "<b>", tag("i", "&"), title='"') == '<p title="&quot;">&lt;b&gt;<i>&amp;</i></p>'
    assert tag("a", Html("<br>"), class_="x", href=None) == '<a class="x"><br></a>'
