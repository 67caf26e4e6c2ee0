"""The report as one page: the matrix, the worst inputs of each cell, deviations, skips, and how far backends differ.

Requirements:

- Self-contained: no network, no script, and a policy that says so. Readable on a phone, in the light and in the dark.
- Nothing is told by colour alone. Everything from outside is escaped.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from actreg.conformance import html_parts as parts
from actreg.conformance.html_build import Html, join, tag
from actreg.conformance.report import matrix
from actreg.conformance.run import Run

_STYLE = Path(__file__).with_name("html_page.css")
_POLICY = "default-src 'none'; style-src 'unsafe-inline'"


def html(run: Run) -> str:
    """The whole page."""
    rows = matrix(run.records)
    failed = [record for record in run.records if not record.ok]
    sections = [
        ("failures", "What failed", parts.failures(failed)),
        ("matrix", "The matrix", parts.overview(rows)),
        ("agreement", "How far backends are from each other", parts.agreements(run.agreement)),
        ("deviations", "Known deviations", parts.deviations(run.records)),
        ("skips", "What was skipped, and for lack of what", parts.skips(run.records)),
        ("cells", "Every cell", parts.cells(run.records, rows)),
        ("words", "What the words mean", parts.words()),
    ]
    shown = [(anchor, title, body) for anchor, title, body in sections if body]
    head = tag(
        "head",
        Html('<meta charset="utf-8">'),
        Html('<meta name="viewport" content="width=device-width, initial-scale=1">'),
        Html(f'<meta http-equiv="Content-Security-Policy" content="{_POLICY}">'),
        tag("title", f"Conformance of actreg {run.versions.get('actreg', '')}, {run.date[:10]}"),
        tag("style", Html(_STYLE.read_text(encoding="utf-8"))),
    )
    main = tag("main", *(_section(*section) for section in shown))
    body = tag("body", _header(run, len(failed)), _menu(shown), main)
    return "<!doctype html>\n" + tag("html", head, body, lang="en") + "\n"


def _header(run: Run, failed: int) -> Html:
    verdict = f"{len(run.records):,} checks, {'none' if not failed else f'{failed:,}'} failed"
    facts = [
        ("date", run.date),
        ("command", tag("code", run.command)),
        ("machine", run.machine),
        ("versions", ", ".join(f"{name} {version}" for name, version in run.versions.items())),
        ("took", f"{run.seconds:.0f} s"),
    ]
    listed = join(join([tag("dt", name), tag("dd", value)]) for name, value in facts)
    return tag(
        "header",
        tag("h1", "Conformance"),
        tag("p", verdict, class_="verdict bad" if failed else "verdict good"),
        tag("dl", listed),
    )


def _menu(shown: Sequence[tuple[str, str, Html]]) -> Html:
    return tag("nav", *(tag("a", title, href=f"#{anchor}") for anchor, title, _ in shown))


def _section(anchor: str, title: str, body: Html) -> Html:
    return tag("section", tag("h2", title), body, id=anchor)
