"""`storyreel engines`: which engines there are, and trying one with the settings of the environment."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

from services.cli.errors import CommandError, Exit
from services.cli.output import Output

_TRIAL = (sys.executable, "-m", "services.model_service.trial")


def list_engines(out: Output) -> None:
    """The engines of each service, by the names that the settings take."""
    found = [json.loads(line) for line in _run((), out)[1].splitlines()]
    if out.json:
        out.result({"services": found})
    else:
        out.table(("SERVICE", "ENGINES"), [(entry["service"], ", ".join(entry["engines"])) for entry in found])


def test(name: str, out: Output, *, to: Path | None) -> None:
    """Load the engine and make one small thing with it. Raises CommandError when there is none, or it does not work."""
    out.note(out.words("engine_test", name=name))
    arguments = (name, "--language", out.words.language, *(("--to", str(to)) if to else ()))
    code, told = _run(arguments, out)
    found = [json.loads(line) for line in told.splitlines()]
    failed = [entry for entry in found if "error" in entry]
    if out.json and found:
        out.result({"tried": found})
    elif not out.json:
        for entry in found:
            if "error" not in entry:
                out.facts(_facts(entry))
    if failed:
        raise CommandError(Exit.FAILED, " ".join(entry["error"] for entry in failed), reason=failed[0]["reason"])
    if code:
        raise CommandError(Exit.FAILED, out.words("engine_trial_broke", code=code), reason="ENGINE_FAILED")


def _run(arguments: tuple[str, ...], out: Output) -> tuple[int, str]:
    """Run the trial in a process of its own: what a client of a remote stack has installed may lack the engines."""
    ended = subprocess.run([*_TRIAL, *arguments], check=False, stdout=subprocess.PIPE, text=True)
    if ended.returncode == Exit.USAGE:
        raise CommandError(Exit.USAGE, out.words("no_such_engine", name=arguments[0] if arguments else ""), reason="UNKNOWN_ENGINE")
    return ended.returncode, ended.stdout


def _facts(entry: dict[str, object]) -> dict[str, str]:
    """A trial's result as lines: nested facts are written as JSON."""
    return {
        name: value if isinstance(value, str) else json.dumps(value, ensure_ascii=False) for name, value in entry.items() if value
    }
