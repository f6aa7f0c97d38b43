"""How every segment and transition is encoded: one setting for all of a film, so that they are joined by copying their packets."""

from dataclasses import dataclass

TICKS_PER_FRAME = 512
"""Ticks of the video track's clock to a frame: every frame's time is then exact in MP4."""


@dataclass(frozen=True, slots=True)
class Encoder:
    """libx264's settings. `threads` is fixed, not taken from the machine: with it, equal input gives equal bytes everywhere."""

    preset: str = "superfast"
    crf: int = 20
    threads: int = 2
    draft_preset: str = "ultrafast"
    draft_crf: int = 28

    @property
    def revision(self) -> str:
        return f"x264-{self.preset}-crf{self.crf}-{self.draft_preset}-crf{self.draft_crf}-t{self.threads}"

    def arguments(self, fps: int, *, draft: bool) -> list[str]:
        """Output options of ffmpeg: H.264 High, 4:2:0, BT.709, closed GOPs of two seconds, no trace of time or machine."""
        preset, crf = (self.draft_preset, self.draft_crf) if draft else (self.preset, self.crf)
        return [
            *("-c:v", "libx264", "-preset", preset, "-crf", str(crf), "-threads", str(self.threads)),
            *("-profile:v", "high", "-pix_fmt", "yuv420p"),
            *("-g", str(2 * fps), "-bf", "2", "-x264-params", "open-gop=0:repeat-headers=0:force-cfr=1"),
            *("-color_primaries", "bt709", "-color_trc", "bt709", "-colorspace", "bt709", "-color_range", "tv"),
            *("-r", str(fps), "-video_track_timescale", str(fps * TICKS_PER_FRAME)),
            *("-map_metadata", "-1", "-map_chapters", "-1", "-fflags", "+bitexact", "-flags:v", "+bitexact"),
            *("-movflags", "+faststart", "-f", "mp4"),
        ]
