"""A small builder of HTML in which everything is escaped unless it was built here."""

from __future__ import annotations

from collections.abc import Iterable
from html import escape
from typing import Any


class Html(str):
    """Markup that needs no escaping, because `tag` or `join` made it."""

    __slots__ = ()


def tag(name: str, *children: Any, **attributes: Any) -> Html:
    """An element. children: text, which is escaped, or `Html`. attributes: ``class_`` for class, ``data_x`` for data-x;
    None leaves one out."""
    given = {key.rstrip("_").replace("_", "-"): value for key, value in attributes.items() if value is not None}
    written = "".join(f' {key}="{escape(str(value), quote=True)}"' for key, value in given.items())
    return Html(f"<{name}{written}>{join(children)}</{name}>")


def join(children: Iterable[Any]) -> Html:
    """Children one after the other."""
    return Html("".join(child if isinstance(child, Html) else escape(str(child), quote=True) for child in children))


def table(head: Iterable[Any], rows: Iterable[Iterable[Any]], **attributes: Any) -> Html:
    """A table whose cells know the name of their column, so that a narrow screen can stack them."""
    names = list(head)
    body = [
        tag("tr", *(tag("td", cell, data_label=name) for name, cell in zip(names, row, strict=True))) for row in rows
    ]
    header = tag("thead", tag("tr", *(tag("th", name, scope="col") for name in names)))
    return tag("div", tag("table", header, tag("tbody", *body), **attributes), class_="wide")
