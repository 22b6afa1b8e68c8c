"""How a run goes, while it goes: a line in a terminal, a display in a notebook."""

from __future__ import annotations

import sys
from typing import Any, Callable, Optional, Union

from . import _native

#: Trajectories finished, events simulated, seconds since the start.
ProgressCallback = Callable[[int, int, float], object]
Progress = Union[None, bool, ProgressCallback]


def _notebook_display() -> Optional[Callable[..., Any]]:
    """IPython's ``display``, where this runs in the kernel of a notebook."""
    ipython = sys.modules.get("IPython")
    if ipython is None:
        return None
    shell = ipython.get_ipython()
    if shell is None or not hasattr(shell, "kernel"):
        return None
    from IPython.display import display  # type: ignore[import-not-found,unused-ignore]

    return display  # type: ignore[no-any-return,unused-ignore]


class _Line:
    """A line of text that is rewritten."""

    first_after = 0.5
    period = 0.2

    def __init__(self, total: int, exact: bool) -> None:
        self.total, self.exact = total, exact
        self.next = self.first_after
        self.is_shown = False

    def __call__(self, done: int, events: int, seconds: float) -> None:
        if seconds < self.next:
            return
        self.next = seconds + self.period
        self.show(_native.progress_text(done, self.total, self.exact, events, seconds))
        self.is_shown = True

    def show(self, text: str) -> None:
        sys.stderr.write(f"\r{text}\x1b[K")
        sys.stderr.flush()

    def close(self) -> None:
        if self.is_shown:
            sys.stderr.write("\r\x1b[K")
            sys.stderr.flush()


class _NotebookLine(_Line):
    """The same, as an output of the cell."""

    def __init__(self, total: int, exact: bool, display: Callable[..., Any]) -> None:
        super().__init__(total, exact)
        self.display = display
        self.handle: Any = None

    def show(self, text: str) -> None:
        data = {"text/plain": text}
        if self.handle is None:
            self.handle = self.display(data, raw=True, display_id=True)
        else:
            self.handle.update(data, raw=True)

    def close(self) -> None:
        if self.handle is not None:
            self.handle.update({"text/plain": ""}, raw=True)


class _Caller:
    """What the user gave."""

    def __init__(self, callback: ProgressCallback) -> None:
        self.callback = callback

    def __call__(self, done: int, events: int, seconds: float) -> None:
        self.callback(done, events, seconds)

    def close(self) -> None:
        pass


def progress_for(progress: Progress, total: int, exact: bool) -> Union[None, _Line, _Caller]:
    """What shows the progress of a run; None: nothing does.

    By itself it is shown where a person looks: in a notebook, and on a terminal.
    """
    if progress is False:
        return None
    if callable(progress):
        return _Caller(progress)
    display = _notebook_display()
    if display is not None:
        return _NotebookLine(total, exact, display)
    is_terminal = sys.stderr is not None and sys.stderr.isatty()
    return _Line(total, exact) if progress is True or is_terminal else None
