"""What a font's own tables say of it: its family, the height of its line, and what it can draw."""

import struct
from bisect import bisect_right
from collections.abc import Iterator
from functools import cached_property
from pathlib import Path
from typing import BinaryIO

from services.core.errors import EngineFailed

_FAMILY = 1
"""Number of the family's name in a font's table of names."""
_WINDOWS = 3
"""Platform whose names are UTF-16."""
_MOST_TABLES = 12 + 16 * 64
"""Bytes in which the directory of a font's tables ends."""


class Face:
    """An OpenType font. Its tables are read when they are first asked for.

    Every property raises EngineFailed ENGINE_NOT_INSTALLED when there is no such font.
    """

    def __init__(self, path: Path) -> None:
        self.path = path

    def __contains__(self, character: str) -> bool:
        """Whether the font has a picture of it: looked up in the widest Unicode subtable of its `cmap` (formats 4 and 12)."""
        firsts, lasts = self._runs
        place = bisect_right(firsts, ord(character)) - 1
        return place >= 0 and ord(character) <= lasts[place]

    @property
    def family(self) -> str:
        """The name by which libass finds it."""
        return self._facts[0]

    @property
    def line(self) -> float:
        """Height of its line to its em, by which libass sizes it (ascent and descent as Windows has them)."""
        return self._facts[1]

    def check(self) -> None:
        """Raises EngineFailed ENGINE_NOT_INSTALLED when the font is not there."""
        _ = self._facts

    @cached_property
    def _facts(self) -> tuple[str, float]:
        try:
            with self.path.open("rb") as file:
                start = file.read(_MOST_TABLES)
                tables = {tag: (offset, length) for tag, offset, length in _directory(start)}
                names, metrics, head = (_read(file, *tables[tag]) for tag in (b"name", b"OS/2", b"head"))
            ascent, descent = struct.unpack_from(">HH", metrics, 74)
            (em,) = struct.unpack_from(">H", head, 18)
            return _family(names), (ascent + descent) / em
        except (OSError, struct.error, KeyError, ValueError) as error:
            raise self._missing(error) from error

    @cached_property
    def _runs(self) -> tuple[list[int], list[int]]:
        """First and last code points of what it has, in order."""
        try:
            with self.path.open("rb") as file:
                tables = {tag: (offset, length) for tag, offset, length in _directory(file.read(_MOST_TABLES))}
                runs = sorted(_runs(_widest(_read(file, *tables[b"cmap"]))))
        except (OSError, struct.error, KeyError, ValueError) as error:
            raise self._missing(error) from error
        return [first for first, _ in runs], [last for _, last in runs]

    def _missing(self, error: Exception) -> EngineFailed:
        return EngineFailed("ENGINE_NOT_INSTALLED", engine="ffmpeg", problem=f"font {self.path.name}: {error}")


def _read(file: BinaryIO, offset: int, length: int) -> bytes:
    file.seek(offset)
    return file.read(length)


def _directory(start: bytes) -> Iterator[tuple[bytes, int, int]]:
    """Tag, offset and length of every table."""
    (count,) = struct.unpack_from(">H", start, 4)
    for number in range(count):
        tag, _, offset, length = struct.unpack_from(">4sLLL", start, 12 + 16 * number)
        yield tag, offset, length


def _family(names: bytes) -> str:
    count, strings = struct.unpack_from(">HH", names, 2)
    for number in range(count):
        platform, _, _, name, length, offset = struct.unpack_from(">6H", names, 6 + 12 * number)
        if (platform, name) == (_WINDOWS, _FAMILY):
            return names[strings + offset : strings + offset + length].decode("utf-16-be")
    raise ValueError("its tables name no family")


def _widest(cmap: bytes) -> bytes:
    (count,) = struct.unpack_from(">H", cmap, 2)
    records = (struct.unpack_from(">HHL", cmap, 4 + 8 * number) for number in range(count))
    starts = [start for platform, encoding, start in records if platform == 0 or (platform == 3 and encoding in (1, 10))]
    forms = {struct.unpack_from(">H", cmap, start)[0]: start for start in starts}
    for form in (12, 4):
        if form in forms:
            return cmap[forms[form] :]
    raise ValueError("its cmap table has no Unicode subtable")


def _runs(table: bytes) -> Iterator[tuple[int, int]]:
    """First and last code points of the runs that have glyphs."""
    if struct.unpack_from(">H", table)[0] == 12:
        (groups,) = struct.unpack_from(">L", table, 12)
        for first, last, glyph in struct.iter_unpack(">LLL", table[16 : 16 + 12 * groups]):
            yield first + (glyph == 0), last
        return
    (doubled,) = struct.unpack_from(">H", table, 6)
    segments = doubled // 2
    lasts = struct.unpack_from(f">{segments}H", table, 14)
    firsts = struct.unpack_from(f">{segments}H", table, 16 + doubled)
    deltas = struct.unpack_from(f">{segments}H", table, 16 + 2 * doubled)
    ranges_at = 16 + 3 * doubled
    for number, (first, last, delta) in enumerate(zip(firsts, lasts, deltas, strict=True)):
        (offset,) = struct.unpack_from(">H", table, ranges_at + 2 * number)
        for code in range(first, min(last, 0xFFFE) + 1):
            glyph = code
            if offset:
                (glyph,) = struct.unpack_from(">H", table, ranges_at + 2 * number + offset + 2 * (code - first))
            if (glyph or not offset) and (glyph + delta) % 0x10000:
                yield code, code
