"""The sections of the page."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from actreg.conformance.agreement import Agreement, worst
from actreg.conformance.html_build import Html, join, table, tag
from actreg.conformance.record import Record
from actreg.conformance.report import BACKWARD, FORWARD, Row, counts, matrix, ulp
from actreg.conformance.tolerance import GRADES
from actreg.conformance.witness import Witness

_MOST = 6
"""Worst inputs shown of a cell in each direction."""

_WORDS: Mapping[str, str] = {
    **{name: f"the largest error of the values is at most {limit:g} ulp" for limit, name in GRADES},
    "bounded": "beyond 4 ulp, and yet within the stated bound of its row in the table of tolerances",
    "by slices": "a parameter runs along an axis: each slice has the bits of the function with that one parameter",
    "ungraded": "laws were checked, and values were not among them",
    "failed": "some law does not hold",
    "deviation": "a defect of a vendor's kernel that is listed, with the versions and the region where it occurs",
    "stale": "a listed deviation that no longer occurs, which is a failure until it is removed from the list",
    "skipped": "the backend does not declare the capability that the law speaks of",
    "announced": "a failure that whoever ran this announced, with a reason",
    "ulp": "units in the last place of the dtype, at the true value; truth is computed to fifty digits",
}


def failures(failed: Sequence[Record]) -> Html:
    """Everything that failed, in full."""
    return join(tag("details", tag("summary", str(r)), tag("pre", r.explain()), open="", class_="bad") for r in failed)


def overview(rows: Sequence[Row]) -> Html:
    """Activations down, backends and dtypes across."""
    columns = list(dict.fromkeys((row.backend, row.dtype) for row in rows if row.dtype))
    names = sorted({row.activation for row in rows})
    by_key = {(row.activation, row.backend, row.dtype): row for row in rows}
    backends = list(dict.fromkeys(backend for backend, _ in columns))
    first = [
        tag("th", backend, colspan=sum(b == backend for b, _ in columns), scope="colgroup") for backend in backends
    ]
    head = tag(
        "thead",
        tag("tr", tag("th", "activation", rowspan=2, scope="col"), *first),
        tag("tr", *(tag("th", dtype, scope="col") for _, dtype in columns)),
    )
    body = [
        tag("tr", tag("th", name, scope="row"), *(_cell(by_key.get((name, *column)), name) for column in columns))
        for name in names
    ]
    caption = tag("p", "Grade of the values; largest error in ulp, forward / backward; the worst configuration counts.")
    return join([caption, tag("div", tag("table", head, tag("tbody", *body), class_="matrix"), class_="wide")])


def _cell(row: Row | None, name: str) -> Html:
    if row is None:
        return tag("td", tag("span", "not asked", class_="none"))
    marks = f" · {row.deviations} dev." if row.deviations else ""
    return tag(
        "td",
        tag("a", row.grade, href=f"#{_anchor(name, row.backend, row.dtype)}", class_=f"grade {_class(row.grade)}"),
        tag("small", f"{ulp(row.forward)} / {ulp(row.backward)}{marks}"),
    )


def agreements(found: Sequence[Agreement]) -> Html:
    """For each pair of backends a table, activations down and dtypes across; where they are furthest behind it."""
    pairs = dict.fromkeys((a.first, a.second) for a in found)
    return join(_pair([a for a in worst(found) if (a.first, a.second) == pair]) for pair in pairs)


def _pair(found: Sequence[Agreement]) -> Html:
    dtypes = list(dict.fromkeys(a.dtype for a in found))
    apart = {(a.activation, a.dtype, a.direction): ulp(a.max_ulp) for a in found}
    rows = [
        (tag("b", name), *(_apart(apart, name, dtype) for dtype in dtypes))
        for name in sorted({a.activation for a in found})
    ]
    places = [
        (
            a.activation,
            a.config,
            a.dtype,
            a.direction,
            ulp(a.max_ulp),
            *map(_both, (a.input, a.first_got, a.second_got)),
        )
        for a in found
        if a.max_ulp
    ]
    first, second = found[0].first, found[0].second
    head = ("activation", "configuration", "dtype", "direction", "ulp apart", "at", f"{first} gives", f"{second} gives")
    return join([
        tag("h3", f"{first} and {second}"),
        tag("p", "Ulp apart at the same inputs, value / derivative; the worst configuration counts."),
        table(("activation", *dtypes), rows),
        tag("details", tag("summary", "Where they are furthest apart"), table(head, places, class_="stacked")),
    ])  # fmt: skip


def _apart(apart: Mapping[tuple[str, str, str], str], name: str, dtype: str) -> str:
    found = [
        apart[name, dtype, direction] for direction in ("value", "derivative") if (name, dtype, direction) in apart
    ]
    return " / ".join(found) or "-"


def deviations(records: Iterable[Record]) -> Html:
    """What is listed and occurs: where, in which laws, why, and the worst input of each."""
    groups: dict[tuple[str, str, str, str], list[Record]] = {}
    for r in records:
        if r.verdict in ("deviation", "stale", "expected"):
            groups.setdefault((r.activation, r.backend, r.provider, r.reason), []).append(r)
    rows = [
        (
            activation,
            backend,
            provider,
            ", ".join(dict.fromkeys(r.dtype for r in found)),
            ", ".join(dict.fromkeys(r.check for r in found)),
            reason,
            tag("code", next((r.worst_input for r in found if r.worst_input), "-")),
        )
        for (activation, backend, provider, reason), found in groups.items()
    ]
    head = ("activation", "backend", "kernel", "dtypes", "laws", "what, and why", "such as at")
    return table(head, rows, class_="stacked") if rows else Html("")


def skips(records: Iterable[Record]) -> Html:
    """By capability: which checks, on which backends, how often."""
    groups: dict[tuple[str, str], list[Record]] = {}
    for r in records:
        if r.verdict == "skipped":
            groups.setdefault((r.backend, r.capability), []).append(r)
    rows = [
        (backend, capability, ", ".join(dict.fromkeys(r.check for r in found)), f"{len(found):,}")
        for (backend, capability), found in groups.items()
    ]
    return table(("backend", "capability not declared", "laws", "checks"), rows, class_="stacked") if rows else Html("")


def cells(records: Sequence[Record], rows: Sequence[Row]) -> Html:
    """Each cell: its kernel, its configurations, its worst inputs."""
    groups: dict[tuple[str, str, str], list[Record]] = {}
    for record in records:
        groups.setdefault((record.activation, record.backend, record.dtype), []).append(record)
    return join(_details(row, groups[row.activation, row.backend, row.dtype]) for row in rows)


def _details(row: Row, records: Sequence[Record]) -> Html:
    title = tag(
        "summary",
        tag("b", row.activation),
        f" on {row.backend} in {row.dtype} ",
        tag("span", row.grade, class_=f"grade {_class(row.grade)}"),
    )
    each = [
        (r.config, r.provider, r.grade, ulp(r.forward), ulp(r.backward), counts(r)) for r in matrix(records, each=True)
    ]
    head = ("configuration", "kernel", "grade", "forward ulp", "backward ulp", "checks")
    found = [*_witnesses(records, FORWARD), *_witnesses(records, BACKWARD)]
    inputs = table(("law", "configuration", "input", "expected", "got", "ulp", "again"), found, class_="stacked")
    return tag(
        "details",
        title,
        table(head, each, class_="stacked"),
        *([tag("h3", "Worst inputs"), inputs] if found else []),
        id=_anchor(row.activation, row.backend, row.dtype),
        class_="cell",
    )


def _witnesses(records: Sequence[Record], checks: Sequence[str]) -> list[tuple[object, ...]]:
    found = [(w, r, k) for r in records if r.check in checks for k, w in enumerate(r.witnesses)]
    found.sort(key=lambda item: -item[0].ulp)
    return [
        (
            r.check,
            r.config,
            join([tag("code", w.input_hex), Html("<br>"), w.input, *_line(w)]),
            _both(w.expected),
            _both(w.got),
            ulp(w.ulp),
            _again(r.reproduction) if k == 0 else "",
        )
        for w, r, k in found[:_MOST]
    ]


def _line(w: Witness) -> list[Html]:
    return [tag("details", tag("summary", "of the line"), tag("code", w.line))] if w.line else []


def _both(text: str) -> Html:
    decimal, _, number = text.partition(" = ")
    return join([tag("code", number), Html("<br>"), decimal])


def _again(line: str) -> Html:
    return tag("details", tag("summary", "show"), tag("pre", line)) if line else Html("")


def words() -> Html:
    """The glossary."""
    return tag("dl", join(join([tag("dt", word), tag("dd", meaning)]) for word, meaning in _WORDS.items()))


def _anchor(activation: str, backend: str, dtype: str) -> str:
    return f"{activation}-{backend}-{dtype}"


def _class(grade: str) -> str:
    return grade.replace(" ", "-")
