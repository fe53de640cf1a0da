"""One line of `sora-bot check`."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Finding:
    """good: None for a warning. do: what the operator can do about it; every line that is not good has it."""

    good: bool | None
    what: str
    text: str
    do: str = ""

    def __str__(self) -> str:
        mark = {True: "ok  ", False: "FAIL", None: "warn"}[self.good]
        stop = "" if self.text.endswith("?") else "."
        text = f"{self.text}{stop} {self.do}" if self.do else self.text
        return f"{mark}  {self.what:<10} {text}"
