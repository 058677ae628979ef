"""Progress bars, drawn by rich."""

from typing import Self

import rich.progress as bars
from rich.console import Console
from rich.text import Text

from edd.cli.progress import Display
from edd.cli.text import escape
from edd.model.job import Progress


class Bars(Display):
    """A bar for what is sent, one for each step that counts bytes, a line for every other."""

    def __init__(self) -> None:
        self._progress = bars.Progress(
            bars.TextColumn("{task.description}", markup=False),
            bars.BarColumn(),
            bars.DownloadColumn(),
            bars.TransferSpeedColumn(),
            bars.TimeElapsedColumn(),
            console=Console(stderr=True, highlight=False),
            transient=True,
        )
        self._upload: bars.TaskID | None = None
        self._tasks: dict[str, bars.TaskID] = {}
        self._last = ("", "")

    def __enter__(self) -> Self:
        self._progress.start()
        return self

    def __exit__(self, *raised: object) -> None:
        self._progress.stop()

    def sending(self, name: str, total: int | None) -> None:
        """Begin the upload's bar; without a total it only pulses."""
        self._upload = self._progress.add_task(f"send {escape(name)}", total=total)

    def sent(self, count: int) -> None:
        """Move the upload's bar."""
        if self._upload is not None:
            self._progress.update(self._upload, completed=count)

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
