"""A run's progress for the person at the terminal: bars, or plain lines where there is none."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Protocol, Self

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from dnstats.stack.watching import CHUNK_STAGES, View

PLAIN_SECONDS = 5.0


class Display(Protocol):
    """Shows the moments of a run while it is open."""

    def __enter__(self) -> Self: ...
    def __exit__(self, *_: object) -> None: ...
    def show(self, view: View) -> None:
        """Show a moment."""


def display(console: Console) -> Display:
    """The display that suits this console."""
    return Bars(console) if console.is_terminal else Lines(console.out)


def note(view: View) -> str:
    """What is under way apart from the chunks."""
    if view.waits_for:
        return f"waits for another run to end ({', '.join(view.waits_for)})"
    running = [task for task, state in view.singles if state in ("running", "up_for_retry")]
    return view.detail or ", ".join(running) or view.state


class Bars:
    """A bar a stage, for terminals."""

    def __init__(self, console: Console) -> None:
        self._progress = Progress(
            TextColumn("{task.description:<14}"),
            BarColumn(),
            MofNCompleteColumn(),
            TimeElapsedColumn(),
            TextColumn("{task.fields[note]}", markup=False),
            console=console,
        )
        self._tasks = {
            name: self._progress.add_task(name.removesuffix("_chunk"), total=None, note="")
            for name in CHUNK_STAGES
        }

    def __enter__(self) -> Self:
        self._progress.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._progress.stop()

    def show(self, view: View) -> None:
        """Move the bars."""
        for index, stage in enumerate(view.stages):
            said = f"{stage.running} running" if stage.running else ""
            if stage.failed:
                said += f" {stage.failed} FAILED"
            if index == 0:
                said = f"{said} {note(view)}"
            self._progress.update(
                self._tasks[stage.name],
                total=stage.total or None,
                completed=stage.done,
                note=said.strip()[:100],
            )


class Lines:
    """A line every few seconds, when something has changed."""

    def __init__(
        self, write: Callable[[str], object], clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._write, self._clock = write, clock
        self._began = clock()
        self._next = 0.0
        self._last = ""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        return None

    def show(self, view: View) -> None:
        """Print, unless nothing changed or it is too soon."""
        now, line = self._clock(), line_of(view)
        ended = view.state in ("success", "failed")
        if line == self._last or (now < self._next and not ended):
            return
        self._write(f"{now - self._began:5.0f} s  {line}")
        self._last, self._next = line, now + PLAIN_SECONDS


def line_of(view: View) -> str:
    """The moment in one line: "scan 3/10 (2 running)  process 1/10  grade 0/10  ..."."""
    parts = []
    for stage in view.stages:
        extra = [f"{stage.running} running"] if stage.running else []
        extra += [f"{stage.failed} FAILED"] if stage.failed else []
        said = f" ({', '.join(extra)})" if extra else ""
        parts.append(f"{stage.name.removesuffix('_chunk')} {stage.done}/{stage.total or '?'}{said}")
    return "  ".join([*parts, note(view)])
