"""How every segment and transition is encoded: one setting for all of a film, so that they are joined by copying their packets."""

from dataclasses import dataclass

TICKS_PER_FRAME = 512
"""Ticks of the video track's clock to a frame: every frame's time is then exact in MP4."""

_LIKE_SUPERFAST = "no-deblock=0:aq-mode=1:no-dct-decimate=1"
"""What `ultrafast` leaves out and is worth its time: as like the source as `superfast` is, in three fifths of its work.

Measured on painted clips. Arithmetic coding would save a sixth of the bytes for a fifth of the work; frames that refer to later
ones, a twentieth for a sixth.
"""


@dataclass(frozen=True, slots=True)
class Encoder:
    """libx264's settings. `threads` is fixed, not taken from the machine: with it, equal input gives equal bytes everywhere.

    One thread does the work of two for an eighth less; a film's segments are encoded side by side.
    """

    crf: int = 22
    draft_crf: int = 28
    threads: int = 1

    @property
    def revision(self) -> str:
        return f"x264-ultrafast-crf{self.crf}-draft{self.draft_crf}-t{self.threads}"

    def arguments(self, fps: int, *, draft: bool) -> list[str]:
        """Output options of ffmpeg: H.264 for any player, 4:2:0, BT.709, closed GOPs of two seconds, no trace of time or place."""
        crf, tools = (self.draft_crf, "") if draft else (self.crf, f":{_LIKE_SUPERFAST}")
        return [
            *("-c:v", "libx264", "-preset", "ultrafast", "-crf", str(crf), "-threads", str(self.threads)),
            *("-profile:v", "high", "-pix_fmt", "yuv420p"),
            *("-g", str(2 * fps), "-bf", "0", "-x264-params", f"open-gop=0:repeat-headers=0:force-cfr=1{tools}"),
            *("-color_primaries", "bt709", "-color_trc", "bt709", "-colorspace", "bt709", "-color_range", "tv"),
            *("-r", str(fps), "-video_track_timescale", str(fps * TICKS_PER_FRAME)),
            *("-map_metadata", "-1", "-map_chapters", "-1", "-fflags", "+bitexact", "-flags:v", "+bitexact"),
            *("-movflags", "+faststart", "-f", "mp4"),
        ]
