"""Progress bars, drawn by rich."""

import time
from typing import Self

import rich.progress as bars
from rich.console import Console
from rich.text import Text

from edd.cli.progress import Display
from edd.cli.text import escape
from edd.model.job import Progress

STILL = 10.0
"""Seconds without a byte after which a speed would be a lie."""


class Speed(bars.TransferSpeedColumn):
    """The speed of what moves, or for how long nothing did; of what has ended, nothing."""

    def render(self, task: bars.Task) -> Text:
        """Return the column's words."""
        if task.fields.get("ended"):
            return Text("")
        still = time.monotonic() - float(task.fields.get("moved", time.monotonic()))
        return super().render(task) if still < STILL else Text(f"nothing for {still:.0f} s")


class Bars(Display):
    """A bar for what is sent, one for each step that counts bytes, a line for every other."""

    def __init__(self) -> None:
        self._progress = bars.Progress(
            bars.TextColumn("{task.description}", markup=False),
            bars.BarColumn(),
            bars.DownloadColumn(),
            Speed(),
            bars.TimeElapsedColumn(),
            console=Console(stderr=True, highlight=False),
            transient=True,
        )
        self._upload: bars.TaskID | None = None
        self._sending: tuple[str, int | None] = ("", None)
        self._sent = 0
        self._ended = False
        self._tasks: dict[str, bars.TaskID] = {}
        self._last = ("", "")

    def __enter__(self) -> Self:
        self._progress.start()
        return self

    def __exit__(self, *raised: object) -> None:
        self._progress.stop()

    def sending(self, name: str, total: int | None) -> None:
        """Begin the upload's bar; without a total it only pulses."""
        self._sending = name, total
        self._upload = self._progress.add_task(f"send {escape(name)}", total=total)

    def sent(self, count: int) -> None:
        """Move the upload's bar."""
        if self._upload is None:
            return
        if self._ended:
            self._ended = False
            self._progress.remove_task(self._upload)  # the host asked for more
            self.sending(*self._sending)
        self._sent = count
        self._last = ("", "")  # what is said again after more was sent is news
        self._progress.update(self._upload, completed=count, moved=time.monotonic())

    def ended(self) -> None:
        """Fill the upload's bar and let it rest."""
        if self._upload is not None:
            self._ended = True
            self._progress.update(self._upload, total=self._sent, completed=self._sent, ended=True)

    def report(self, event: Progress) -> None:
        """Move the step's bar, or print its line once."""
        if event.done is not None:
            task = self._task(event)
            self._progress.update(task, completed=event.done, total=event.total)
        elif (event.step, event.message) != self._last:
            self._last = (event.step, event.message)
            words = Text(f"{escape(event.step)}: ", style="dim").append(
                escape(event.message), style="default"
            )
            self._progress.console.print(words)

    def _task(self, event: Progress) -> bars.TaskID:
        if event.step not in self._tasks:
            self._tasks[event.step] = self._progress.add_task(escape(event.step), total=event.total)
        return self._tasks[event.step]
