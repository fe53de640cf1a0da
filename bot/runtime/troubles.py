"""Tells the operator once when a trouble begins, and once when it has ended; the metrics show it meanwhile."""

from bot.runtime.context import ServiceContext


class Trouble:
    """One trouble. cause: one of `bot.domain.processes.watched.TROUBLES`."""

    def __init__(self, context: ServiceContext, cause: str) -> None:
        self._context = context
        self._cause = cause

    @property
    def told(self) -> bool:
        """Whether the operator was told that it began, and not that it has ended."""
        return self._context.watched.troubles[self._cause]

    def begins(self, text: str) -> None:
        """Tell the operator, unless they know."""
        self._tell(True, f"trouble {self._cause}", text)

    def ends(self, text: str) -> None:
        """Tell the operator that it is over, if they were told that it began."""
        self._tell(False, f"trouble {self._cause} over", text)

    def _tell(self, begun: bool, cause: str, text: str) -> None:
        if self.told is begun:
            return
        self._context.watched.troubles[self._cause] = begun
        self._context.alerts.clear(cause)
        self._context.alerts.tell(cause, text)


def size(count: float) -> str:
    """Return bytes as text, such as "4.2 GB"."""
    for unit, bytes_in in (("GB", 10**9), ("MB", 10**6), ("KB", 10**3)):
        if count >= bytes_in:
            return f"{count / bytes_in:.1f} {unit}"
    return f"{count:.0f} bytes"
