"""One ffmpeg process: its progress, its end on cancel, and what its errors mean."""

import contextlib
import io
import subprocess
import threading
from collections import deque
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from queue import Empty, SimpleQueue
from typing import IO, cast

from services.core.errors import EngineFailed, ResourceExhausted
from services.model_service.engine import Job

_LOOK_EVERY = 0.1
"""Seconds between two looks at whether anybody still waits."""
_PATIENCE = 0.3
"""Seconds that ffmpeg has to end by itself before it is killed."""
_TAIL_LINES = 8


def version(executable: Path) -> str:
    """The version that `ffmpeg -version` names. Raises EngineFailed when it cannot be run."""
    try:
        told = subprocess.run([executable, "-version"], capture_output=True, text=True, check=True, timeout=30).stdout
    except (OSError, subprocess.SubprocessError) as error:
        raise EngineFailed("ENGINE_NOT_INSTALLED", engine="ffmpeg", problem=str(error)) from error
    return told.split()[2]


def run(executable: Path, arguments: Sequence[str], job: Job, *, frames: int, report: Callable[[int], None]) -> None:
    """Run ffmpeg in the job's folder until it has ended well; `report` is told the frames written so far, up to `frames`.

    Raises Cancelled within half a second of the cancel, with the process gone; EngineFailed with the end of what ffmpeg said;
    ResourceExhausted STORAGE_FULL when the disk is full.
    """
    command = [
        str(executable),
        *("-hide_banner", "-nostdin", "-y", "-loglevel", "error", "-nostats", "-progress", "pipe:1", "-stats_period", "0.2"),
        *arguments,
    ]
    tail: deque[str] = deque(maxlen=_TAIL_LINES)
    told: SimpleQueue[str | None] = SimpleQueue()
    with subprocess.Popen(
        command,
        cwd=job.folder,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        errors="replace",
    ) as process:
        readers = [
            threading.Thread(target=_read_progress, args=(cast("IO[str]", process.stdout), told), daemon=True),
            threading.Thread(target=_read_errors, args=(cast("IO[str]", process.stderr), tail), daemon=True),
        ]
        for reader in readers:
            reader.start()
        try:
            _follow(told, job, frames, report)
            code = process.wait()
        except BaseException:
            _end(process)
            raise
        finally:
            for reader in readers:
                reader.join()
    if code != 0:
        raise _failure("\n".join(tail), code)


def feed(executable: Path, arguments: Sequence[str], job: Job, frames: Iterable[bytes]) -> None:
    """Run ffmpeg in the job's folder, giving it raw frames on its standard input; the job is checked before each.

    Raises as `run` does, and whatever `frames` raises, with the process gone.
    """
    tail: deque[str] = deque(maxlen=_TAIL_LINES)
    with subprocess.Popen(
        [str(executable), "-hide_banner", "-y", "-loglevel", "error", "-nostats", *arguments],
        cwd=job.folder,
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
    ) as process:
        said = io.TextIOWrapper(cast("IO[bytes]", process.stderr), errors="replace")
        reader = threading.Thread(target=_read_errors, args=(said, tail), daemon=True)
        reader.start()
        try:
            _pour(cast("IO[bytes]", process.stdin), frames, job)
            code = process.wait()
        except BaseException:
            _end(process)
            raise
        finally:
            reader.join()
    if code != 0:
        raise _failure("\n".join(tail), code)


def _pour(pipe: IO[bytes], frames: Iterable[bytes], job: Job) -> None:
    """All frames into the pipe, or as many as its reader takes: if it is gone before the end, its exit code says why."""
    for frame in frames:
        job.check()
        try:
            pipe.write(frame)
        except BrokenPipeError:
            break
    with contextlib.suppress(BrokenPipeError):
        pipe.close()


def _follow(told: SimpleQueue[str | None], job: Job, frames: int, report: Callable[[int], None]) -> None:
    """Pass ffmpeg's progress on until it closes its output."""
    while True:
        try:
            line = told.get(timeout=_LOOK_EVERY)
        except Empty:
            job.check()
            continue
        if line is None:
            return
        name, _, value = line.partition("=")
        if name == "frame" and value.strip().isdigit():
            report(min(int(value), frames))
        job.check()


def _read_progress(stdout: IO[str], told: SimpleQueue[str | None]) -> None:
    for line in stdout:
        told.put(line)
    told.put(None)


def _read_errors(stderr: IO[str], tail: deque[str]) -> None:
    tail.extend(line.rstrip() for line in stderr)


def _end(process: "subprocess.Popen[str] | subprocess.Popen[bytes]") -> None:
    with contextlib.suppress(ProcessLookupError):
        process.terminate()
    try:
        process.wait(_PATIENCE)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def _failure(said: str, code: int) -> Exception:
    if "No space left on device" in said:
        return ResourceExhausted("STORAGE_FULL")
    return EngineFailed("ENGINE_FAILED", engine="ffmpeg", problem=said or f"exit code {code}")
