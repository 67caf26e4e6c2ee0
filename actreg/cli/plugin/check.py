"""``actreg plugin check``: everything that would go wrong with a plugin."""

from __future__ import annotations

from collections import Counter
from typing import Annotated

import typer

from actreg.cli import output
from actreg.cli.plugin.list import counted
from actreg.cli.settings import Json


def command(
    what: Annotated[str, typer.Argument(help="A distribution's name, or its project's folder.")] = ".",
    quick: Annotated[bool, typer.Option("--quick", help="Leave out the conformance suite.")] = False,
    annotations: Annotated[bool, typer.Option("--github", help="Print annotations for GitHub's workflows.")] = False,
    json: Json = False,
) -> int:
    """Check a plugin: metadata, imports, hooks, names, options, shapes, conformance, wheel; status 1 on errors."""
    from dataclasses import asdict

    from actreg.authoring.check import check
    from actreg.cli.counting import counting

    with counting("conformance", quiet=json) as progress:
        report = check(what, prove=not quick, progress=progress)
    if json:
        output.as_json({"ok": report.ok, **asdict(report)})
        return 0 if report.ok else 1
    for finding in report.findings:
        output.line(finding.annotation() if annotations else str(finding))
    provided = ", ".join(counted(what, len(names)) for what, names in report.provides.items() if names) or "nothing"
    counts = Counter(finding.severity for finding in report.findings)
    found = ", ".join(f"{n} {word}{'s' if n > 1 else ''}" for word, n in sorted(counts.items())) or "nothing to mend"
    output.note(f"{report.name} {report.version} provides {provided}: {found}")
    return 0 if report.ok else 1
