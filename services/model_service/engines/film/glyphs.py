"""What a font can draw, read from its own table: text is shown with what there is, and never as empty boxes."""

import struct
import unicodedata
from bisect import bisect_right
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from services.core.errors import EngineFailed


class Shown(NamedTuple):
    """Text that a font can draw, and the characters that had to be left out of it, each once, in order."""

    text: str
    dropped: str


class Coverage:
    """The characters of one OpenType font, from the widest Unicode subtable of its `cmap` (formats 4 and 12)."""

    def __init__(self, path: Path) -> None:
        """Raises EngineFailed ENGINE_NOT_INSTALLED when there is no such font."""
        try:
            runs = sorted(_runs(_cmap(path.read_bytes())))
        except (OSError, struct.error, ValueError) as error:
            raise EngineFailed("ENGINE_NOT_INSTALLED", engine="ffmpeg", problem=f"font {path.name}: {error}") from error
        self._firsts = [first for first, _ in runs]
        self._lasts = [last for _, last in runs]

    def __contains__(self, character: str) -> bool:
        place = bisect_right(self._firsts, ord(character)) - 1
        return place >= 0 and ord(character) <= self._lasts[place]

    def shown(self, text: str) -> Shown:
        """`text` composed (NFC), without what the font lacks.

        A letter that the font lacks is replaced by the plain form that Unicode gives for it (full-width digits, ligatures,
        presentation forms) or, without its accents, by its base; what is left is dropped. What has no look of its own (joiners,
        variation selectors, controls) goes unmentioned.
        """
        kept: list[str] = []
        dropped: dict[str, None] = {}
        for character in unicodedata.normalize("NFC", text):
            if character == "\n" or (character in self and not _invisible(character)):
                kept.append(character)
            elif character.isspace():
                kept.append(" ")
            elif plain := self._plain(character):
                kept.append(plain)
            elif not _invisible(character):
                dropped[character] = None
        lines = (" ".join(line.split()) for line in "".join(kept).split("\n"))
        return Shown("\n".join(line for line in lines if line), "".join(dropped))

    def _plain(self, character: str) -> str:
        decomposed = unicodedata.normalize("NFKD", character)
        if decomposed == character:
            return ""
        composed = unicodedata.normalize("NFKC", character)
        for candidate in (composed, "".join(c for c in decomposed if not unicodedata.combining(c))):
            if candidate and all(c in self and not _invisible(c) for c in candidate):
                return candidate
        return ""


def _invisible(character: str) -> bool:
    return (
        unicodedata.category(character) in ("Cc", "Cf", "Cs")
        or "\ufe00" <= character <= "\ufe0f"
        or ("\U000e0000" <= character <= "\U000e0fff")
    )


def _cmap(font: bytes) -> bytes:
    """The Unicode subtable that holds most."""
    (tables,) = struct.unpack_from(">H", font, 4)
    for number in range(tables):
        tag, _, offset, length = struct.unpack_from(">4sLLL", font, 12 + 16 * number)
        if tag == b"cmap":
            return _widest(font[offset : offset + length])
    raise ValueError("it has no cmap table")


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
