"""Writes the videos of a server as a CSV table into a file, line by line, in constant memory.

CSV in UTF-8 with BOM, times in the server's zone. Text that people typed cannot run as a formula: neither as a cell of
its own, nor if a spreadsheet splits the line at semicolons, tabs or bars instead of commas, or at newlines inside a
cell. For data that a member has deleted only amounts remain. Those lines come last and carry no time, so that their
position reveals nothing.

A table that is larger than Discord's limit is packed as ZIP while it grows. If the ZIP is too large as well, it is
refused.
"""

import csv
import io
import re
import shutil
import tempfile
import zipfile
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from datetime import datetime
from types import TracebackType
from typing import IO, Final, Self
from zoneinfo import ZoneInfo

from bot.domain.generation import State
from bot.domain.quota.ledger import MICROS
from bot.domain.quota.spending import DELETED, UsageRow
from bot.domain.refusals.codes import RefusalCode
from bot.domain.refusals.refusal import Refusal

COLUMNS = (
    *("accepted", "ended", "member", "name", "channel", "model", "model_id", "seconds"),
    *("price_usd", "used_usd", "estimate", "state", "fault", "prompt", "id"),
)
_BOM = b"\xef\xbb\xbf"
_KEPT_IN_MEMORY = 256 * 1024

# Characters that begin a formula, in every Unicode compatibility form, and the mathematical minus.
_BEGINS = "=+\\-@\u207a-\u207c\u208a-\u208c\u2212\u2a75\u2a76\ufb29\ufe62\ufe63\ufe66\ufe6b\uff0b\uff0d\uff1d\uff20"
# Where a line may be split: list separators of spreadsheets, in every form, and every kind of line break.
_DIVIDES = ",;|\t\r\n\x0b\x0c\x1c-\x1e\x85\u2028\u2029\u037e\ufe10\ufe14\ufe50\ufe54\uff0c\uff1b\uff5c"
# Invisible characters that may precede it, and quotes, which a spreadsheet removes.
_UNSEEN = (
    " \x00-\x08\x0e-\x1b\x1f\x7f-\x84\x86-\xa0\xad\u0300-\u036f\u0600-\u0605\u061c\u06dd\u070f\u115f\u1160\u1680\u17b4\u17b5"
    "\u180b-\u180f\u2000-\u200f\u202a-\u202f\u205f-\u206f\u2800\u3000\u3164\ufe00-\ufe0f\ufeff\uffa0\ufff9-\ufffb"
    '\U000e0000-\U000e0fff"\u201c\u201d\u201e\xab\xbb\uff02'
)
_RISKY: Final = re.compile(f"(^|[{_DIVIDES}])(?=[{_UNSEEN}]*[{_BEGINS}])")


class CsvTable:
    """A table that is being written. A context manager that removes its files. It blocks, so call it in a thread.

    most: bytes that Discord accepts. zone: the server's time zone.
    """

    def __init__(self, *, name: str, zone: ZoneInfo, most: int) -> None:
        self.name = name
        self.lines = 0
        self._zone = zone
        self._most = most
        self._files = ExitStack()
        self._raw = self._spool()
        self._deleted = self._spool()
        self._zip: zipfile.ZipFile | None = None
        self._out: IO[bytes] = self._raw
        self._write(_BOM + _lines([COLUMNS]))

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._zip:  # also after an error: an unclosed archive would later write to a closed file
            self._out.close()
            self._zip.close()
        self._files.close()

    def add(self, rows: Sequence[UsageRow], names: Mapping[str, str]) -> None:
        """Write a line for each row. names: of members, by id. Raises Refusal `export_too_large`, or OSError."""
        self.lines += len(rows)
        self._deleted.write(_lines([self._cells(row, names) for row in rows if row.member_id == DELETED]))
        self._write(_lines([self._cells(row, names) for row in rows if row.member_id != DELETED]))

    def finish(self) -> IO[bytes]:
        """Return the whole file, readable while the table is open; `name` is its file name. Raises as `add`."""
        self._deleted.seek(0)
        while block := self._deleted.read(_KEPT_IN_MEMORY):
            self._write(block)
        if self._zip:
            self._out.close()
            self._zip.close()
            self._check()
        self._raw.seek(0)
        return self._raw

    def _write(self, data: bytes) -> None:
        self._out.write(data)
        if self._zip is None and self._raw.tell() > self._most:
            self._pack()
        self._check()

    def _spool(self) -> IO[bytes]:
        """Open a file without a name: nothing of it is left, however the process ends."""
        return self._files.enter_context(tempfile.SpooledTemporaryFile(_KEPT_IN_MEMORY))

    def _pack(self) -> None:
        """Continue as ZIP, and pack what is already written first."""
        plain, self._raw = self._raw, self._spool()
        self._zip = zipfile.ZipFile(self._raw, "w", zipfile.ZIP_DEFLATED)
        self._out = self._zip.open(self.name, "w", force_zip64=True)
        with plain:
            plain.seek(0)
            shutil.copyfileobj(plain, self._out)
        self.name += ".zip"

    def _check(self) -> None:
        if self._raw.tell() > self._most:
            raise Refusal(RefusalCode.EXPORT_TOO_LARGE)

    def _cells(self, row: UsageRow, names: Mapping[str, str]) -> tuple[str, ...]:
        """Return the cells of a row. Ids are written as Discord mentions, because spreadsheets round long numbers."""
        deleted = row.member_id == DELETED
        accepted = row.accepted_at.astimezone(self._zone)
        return (
            accepted.date().isoformat() if deleted else _moment(accepted),
            _moment(row.ended_at.astimezone(self._zone)) if row.ended_at else "",
            "" if deleted else harmless(f"<@{row.member_id}>"),
            harmless(names.get(row.member_id, "")),
            "" if deleted else harmless(f"<#{row.channel_id}>"),
            harmless(row.family),
            harmless(row.model),
            str(row.seconds),
            _dollars(row.price_micros),
            _dollars(row.price_micros if row.state == State.SUCCEEDED else 0),
            "yes" if row.estimate else "",
            harmless(row.state),
            harmless(row.fault),
            harmless(row.prompt),
            harmless(row.generation_id),
        )


def harmless(cell: str) -> str:
    """Return text that no spreadsheet reads as a formula: an apostrophe goes before each place where one could begin.

    These places are the start of the text, and whatever follows a separator or a line break: before =, +, - and @, also
    after invisible characters and quotes, and in their full-width and small forms.
    """
    marked = _RISKY.sub(r"\1'", cell)
    return f"'{marked}" if cell[:1] in ("\t", "\r", "\n") else marked


def _lines(rows: Sequence[Sequence[str]]) -> bytes:
    out = io.StringIO(newline="")
    csv.writer(out, lineterminator="\r\n").writerows(rows)
    return out.getvalue().encode("utf-8", "replace")


def _moment(at: datetime) -> str:
    return at.isoformat(timespec="seconds")


def _dollars(micros: int) -> str:
    return f"{micros // MICROS}.{micros % MICROS:06}"
