"""Where results and progress go: results to standard output, progress to the terminal alone."""

from __future__ import annotations

import sys
from typing import Self

from rich.console import Console, RenderableType
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.text import Text

from dnstats.check.checked import Checked
from dnstats.check.showing import as_json, brief, full
from dnstats.scan.progress import Progress as Moment

WIDTH = 100  # columns of a report that no terminal shows


class Output:
    """Prints each domain as it comes, above a progress bar where somebody watches."""

    def __init__(self, count: int, *, as_json: bool, readings: bool, is_full: bool) -> None:
        self._as_json, self._readings, self._is_full = as_json, readings, is_full
        self._told = 0
        self._screen = Console(width=None if sys.stdout.isatty() else WIDTH, highlight=False)
        # One console for both where both go to a terminal: the bar makes room for the results.
        self._other = self._screen if sys.stdout.isatty() else Console(stderr=True, highlight=False)
        self._progress = Progress(
            TextColumn("asking"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn(),
            TextColumn("{task.fields[note]}", markup=False),
            console=self._other, transient=True, disable=not self._other.is_terminal,
            redirect_stdout=False, redirect_stderr=False,
        )  # fmt: skip
        self._task = self._progress.add_task("", total=count, note="")

    def __enter__(self) -> Self:
        self._progress.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._progress.stop()

    def step(self, now: Moment) -> None:
        """Move the bar."""
        open_ = f", {now.questions_open:,} open" if now.questions_open else ""
        self._progress.update(
            self._task, completed=self._told, note=f"{now.questions_done:,} questions{open_}"
        )

    def tell(self, checked: Checked) -> None:
        """Print one domain. BrokenPipeError when nobody reads any more."""
        self._told += 1
        shown = self._form(checked)
        if self._screen.is_terminal:
            self._screen.print(shown, soft_wrap=self._as_json)
            self._progress.update(self._task, completed=self._told)
            return
        with self._screen.capture() as captured:
            self._screen.print(shown, soft_wrap=self._as_json)
        for line in captured.get().splitlines():
            print(line.rstrip())  # without the spaces that fill up columns
        sys.stdout.flush()

    def _form(self, checked: Checked) -> RenderableType:
        if self._as_json:
            return Text(as_json(checked, with_readings=self._readings))
        return full(checked) if self._is_full else brief(checked)
