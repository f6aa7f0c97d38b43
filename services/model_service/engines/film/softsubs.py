"""The subtitle track of a film: cues as 3GPP timed text, which players may show or not."""

from collections.abc import Sequence
from fractions import Fraction

from av import Packet
from av.container import OutputContainer
from av.stream import Disposition

from services.core.requests import Cue

_CLOCK = Fraction(1, 1000)
# libavcodec opens its encoder only with the head of an ASS file, from which it writes the track's style.
_HEAD = b"""[Script Info]
ScriptType: v4.00+
[V4+ Styles]
Format: Name, Fontname, Fontsize, PrimaryColour, SecondaryColour, OutlineColour, BackColour, Bold, Italic, Underline, StrikeOut, \
ScaleX, ScaleY, Spacing, Angle, BorderStyle, Outline, Shadow, Alignment, MarginL, MarginR, MarginV, Encoding
Style: Default,Noto Sans SC,18,&Hffffff,&Hffffff,&H0,&H0,0,0,0,0,100,100,0,0,1,1,0,2,10,10,10,1
[Events]
Format: Layer, Start, End, Style, Name, MarginL, MarginR, MarginV, Effect, Text
"""


class Track:
    """A track of `cues` in a container that has not been written to yet."""

    def __init__(self, container: OutputContainer, cues: Sequence[Cue], language: str) -> None:
        self._container = container
        self._waiting = [cue for cue in cues if cue.end > cue.start][::-1]
        self._stream = container.add_stream("mov_text")
        self._stream.time_base = _CLOCK
        self._stream.codec_context.subtitle_header = _HEAD
        self._stream.metadata["language"] = language
        self._stream.disposition = Disposition.default

    def write(self, *, until: float) -> None:
        """Write the cues that begin before second `until` and have not been written."""
        while self._waiting and self._waiting[-1].start < until:
            cue = self._waiting.pop()
            text = cue.text.encode()
            packet = Packet(len(text).to_bytes(2, "big") + text)
            packet.stream, packet.time_base = self._stream, _CLOCK
            packet.pts = packet.dts = round(cue.start * 1000)
            packet.duration = round(cue.end * 1000) - round(cue.start * 1000)
            self._container.mux(packet)
