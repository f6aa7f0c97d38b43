"""`storyreel film`: a story goes in, a film comes out, with a contact sheet and subtitles beside it."""

from __future__ import annotations

import contextlib
import signal
import sys
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from services.cli import contact_sheet
from services.cli.client import Gateway, Json
from services.cli.errors import CommandError, Exit
from services.cli.output import Output
from services.cli.session import gateway_or_own_stack
from services.cli.settings import CliSettings
from services.cli.stages import Stages, shown
from services.cli.texts import Words

_FILE_ENDINGS = (".txt", ".md", ".text")


@dataclass(frozen=True, slots=True, kw_only=True)
class FilmWish:
    """What is asked for. Empty and None leave a choice to Storyreel."""

    text: str
    to: Path
    title: str = ""
    style: str = ""
    language: str = ""
    voice: str = ""
    aspect: str = ""
    shots: int | None = None
    draft: bool = False
    subtitles: str = ""
    music: bool = True
    cards: bool = True

    def body(self) -> Json:
        """The request of `POST /v1/stories`."""
        wished = {
            "display_name": self.title or _first_words(self.text),
            "script_content": self.text,
            "style": self.style,
            "language": self.language,
            "voice": self.voice,
            "aspect": self.aspect,
            "shots": self.shots,
        }
        return {name: value for name, value in wished.items() if value}

    def options(self) -> Json:
        """The request of `POST /v1/stories/{id}/compile`: only what differs from the default."""
        wished = {
            "quality": "draft" if self.draft else None,
            "subtitles": self.subtitles or None,
            "music": None if self.music else False,
            "title_card": None if self.cards else False,
            "end_card": None if self.cards else False,
        }
        return {name: value for name, value in wished.items() if value is not None}


@dataclass(frozen=True, slots=True)
class _Result:
    """What came of it: `seconds` by what they were spent on, `files` by what they hold."""

    story: Json
    shots: int
    files: Mapping[str, Path]
    seconds: Mapping[str, float]
    stages: Stages


def read_story(source: str, words: Words) -> str:
    """The story's text: `source` is the text itself, the name of a file, or - for standard input."""
    if source == "-":
        return _decoded(sys.stdin.buffer.read(), "-", words)
    path = Path(source)
    with contextlib.suppress(OSError):  # a story is too long, or too odd, for a file's name
        if path.is_file():
            return _decoded(path.read_bytes(), source, words)
    if source.endswith(_FILE_ENDINGS) and len(source.split()) == 1:
        raise CommandError(Exit.USAGE, words("no_such_file", path=source), reason="NO_SUCH_FILE")
    return _decoded(source.encode("utf-8", errors="surrogateescape"), "argument", words)


def make_film(settings: CliSettings, wish: FilmWish, out: Output) -> None:
    """Make the film and tell of it; raises CommandError when there is none."""
    began = time.monotonic()
    _check_writable(wish.to, out.words)
    with _terminated_like_interrupted(), gateway_or_own_stack(settings, out) as gateway:
        ready = time.monotonic()
        stages = Stages()
        story = _made(gateway, wish, stages, out)
        gateway.download(str(story["video_url"]), wish.to)
        files = {"film": wish.to}
        if story.get("subtitles_url"):
            files["subtitles"] = wish.to.with_suffix(".srt")
            gateway.download(str(story["subtitles_url"]), files["subtitles"])
        if story.get("captions_url"):
            files["captions"] = wish.to.with_suffix(".vtt")
            gateway.download(str(story["captions_url"]), files["captions"])
        shots = gateway.shots(str(story["id"]))
        made = time.monotonic()
        with contextlib.suppress(ImportError):
            files["contact_sheet"] = _sheet(wish.to, story, shots, out)
    seconds = {"start": ready - began, "making": made - ready, "total": time.monotonic() - began}
    _tell(out, _Result(story, len(shots), files, seconds, stages))


def _made(gateway: Gateway, wish: FilmWish, stages: Stages, out: Output) -> Json:
    """The story with its film, after both operations have succeeded."""
    with shown(stages, out) as changed:
        created = _followed(gateway, gateway.create_story(wish.body()), stages, changed, out.words)
        story = str(created["story_id"])
        shots = gateway.shots(story)
        stages.expect(len(shots), spoken=sum(bool(shot["narration"]) for shot in shots))
        stages.finish("storyboard", "keyframe")
        _followed(gateway, gateway.compile(story, wish.options()), stages, changed, out.words)
        stages.finish("speech", "clip", "soundtrack", "film")
        changed()
    return gateway.story(story)


def _followed(gateway: Gateway, operation: str, stages: Stages, changed: Any, words: Words) -> Json:
    """The operation once it has succeeded. Interrupted, it is cancelled; raises CommandError when it ends otherwise."""
    try:
        for event in gateway.follow(operation):
            if event.kind == "storyboard_grew":
                stages.grow(int(event.data["data"]["shots"]))
            elif event.kind == "storyboard_landed":
                found = gateway.shots(str(gateway.operation(operation)["story_id"]))
                stages.finish("storyboard")
                stages.expect(len(found), spoken=sum(bool(shot["narration"]) for shot in found))
            stages.take(event)
            changed()
        ended = gateway.operation(operation)
    except KeyboardInterrupt:
        gateway.cancel(operation)
        raise
    match ended["status"]:
        case "succeeded":
            return ended
        case "cancelled":
            raise CommandError(Exit.FAILED, words("operation_cancelled"), reason="CANCELLED")
        case _:
            text = words("operation_failed", type=ended["type"], message=ended["error_msg"])
            raise CommandError(Exit.FAILED, text, reason=_reason(ended))


def _sheet(film: Path, story: Json, shots: list[Json], out: Output) -> Path:
    to = film.with_suffix(".png")
    narrations = {str(shot["id"]): str(shot["narration"]) for shot in shots}
    entries = [
        contact_sheet.SheetShot(
            number=int(entry["sequence"]),
            start=float(entry["start"]),
            duration=float(entry["duration"]),
            narration=narrations.get(str(entry["shot_id"]), ""),
        )
        for entry in story["timeline"]
    ]
    try:
        contact_sheet.write(film, entries, to)
    except ImportError as error:
        out.warn(out.words("no_contact_sheet", problem=out.words("package_missing", package=error.name)))
        raise
    return to


def _tell(out: Output, made: _Result) -> None:
    film = made.files["film"]
    size = film.stat().st_size
    try:
        known = contact_sheet.facts(film)
    except ImportError:
        known = contact_sheet.FilmFacts(float(made.story["duration"]), 0, 0)
    if out.json:
        out.result(
            {name: str(path) for name, path in made.files.items()}
            | {"story_id": made.story["id"], "title": made.story["title"], "shots": made.shots, "bytes": size}
            | {"duration": round(known.seconds, 3), "width": known.width, "height": known.height}
            | {"seconds": {name: round(value, 2) for name, value in made.seconds.items()}, "stages": made.stages.spent()}
        )
        return
    words = out.words
    out.facts({words(name): str(path) for name, path in made.files.items()})
    facts = words(
        "film_facts",
        length=known.seconds,
        width=known.width,
        height=known.height,
        megabytes=size / 1e6,
        shots=made.shots,
        seconds=made.seconds["total"],
    )
    out.note(facts)


def _decoded(data: bytes, name: str, words: Words) -> str:
    for encoding in ("utf-8-sig", "gb18030"):
        with contextlib.suppress(UnicodeDecodeError):
            text = data.decode(encoding).strip()
            if not text:
                raise CommandError(Exit.USAGE, words("empty_story"), reason="EMPTY_STORY")
            return text
    raise CommandError(Exit.USAGE, words("not_text", path=name), reason="NOT_TEXT")


def _first_words(text: str) -> str:
    """A title for a story that was given none: how its first line begins."""
    line = text.strip().splitlines()[0]
    return line if len(line) <= 40 else line[:39].rstrip() + "…"


def _check_writable(to: Path, words: Words) -> None:
    """Find out before the work, not after it."""
    try:
        to.parent.mkdir(parents=True, exist_ok=True)
        if to.is_dir():
            raise IsADirectoryError(21, "it is a folder")
        trial = to.with_name(f".{to.name}.storyreel")
        trial.touch()
        trial.unlink()
    except OSError as error:
        raise CommandError(Exit.USAGE, words("cannot_write", path=to, problem=error.strerror), reason="CANNOT_WRITE") from error


def _reason(operation: Json) -> str:
    """The machine-readable reason, from the operation's google.rpc.Status."""
    details = (operation.get("error") or {}).get("details") or [{}]
    return str(details[0].get("reason") or "OPERATION_FAILED")


@contextlib.contextmanager
def _terminated_like_interrupted() -> Iterator[None]:
    before = signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)
