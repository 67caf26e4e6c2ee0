"""Progress, on stderr: a bar on a terminal; elsewhere training tells a line now and then, and counts tell nothing."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import TracebackType
from typing import TYPE_CHECKING, Any

from actreg.cli import output

if TYPE_CHECKING:
    from actreg.training.loop import Epoch


class Progress:
    """An observer of the training loop; a context manager, because a bar must leave the terminal as it was."""

    def __init__(self, epochs: int, *, quiet: bool) -> None:
        self.epochs = epochs
        self.quiet = quiet
        self._bar: Any = None
        self._task: Any = None
        self._rate = 0.0

    def __enter__(self) -> Progress:
        if not self.quiet and sys.stderr.isatty():
            from rich.console import Console
            from rich.progress import BarColumn, TextColumn, TimeRemainingColumn
            from rich.progress import Progress as Bar

            columns = (TextColumn("{task.description}", markup=False), BarColumn(), TimeRemainingColumn())
            self._bar = Bar(*columns, console=Console(stderr=True), transient=True)
            self._task = self._bar.add_task("training", total=self.epochs)
            self._bar.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._bar is not None:
            self._bar.stop()

    def step(self, epoch: int, done: int, total: int, loss: float) -> None:
        """One step is done."""
        if self._bar is not None:
            text = f"epoch {epoch}/{self.epochs}  loss {loss:.4f}  {self._rate:,.0f} samples/s"
            self._bar.update(self._task, completed=epoch - 1 + done / total, description=text)

    def epoch(self, epoch: Epoch) -> None:
        """One epoch is done; about ten of them are told where there is no bar."""
        self._rate = epoch.rate
        every = max(1, self.epochs // 10)
        if self._bar is None and not self.quiet and (epoch.number % every == 0 or epoch.number == self.epochs):
            where = f"epoch {epoch.number}/{self.epochs}"
            losses = f"loss {epoch.loss:.4f}, held out {epoch.held_out.loss:.4f}"
            output.note(f"{where}: {losses}, {epoch.rate:,.0f} samples/s")


@contextmanager
def counting(what: str) -> Iterator[Callable[[int, int], None] | None]:
    """A bar with the time left, for whoever reports (done, total); None where stderr is no terminal."""
    if not sys.stderr.isatty():
        yield None
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeRemainingColumn
    from rich.progress import Progress as Bar

    columns = (TextColumn(what, markup=False), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Bar(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task(what, total=None)
        yield lambda done, total: bar.update(task, completed=done, total=total)
