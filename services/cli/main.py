"""`storyreel`: the command line. Exit codes: 0 done, 1 the operation failed, 2 wrong usage, 3 no stack, 130 interrupted."""

from __future__ import annotations

import importlib.metadata
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import typer
from pydantic import ValidationError

from services.cli import operations as ops
from services.cli.errors import CommandError, Exit
from services.cli.output import Output
from services.cli.session import gateway
from services.cli.settings import CliSettings
from services.cli.texts import Words

_EPILOG = (
    "Exit codes: 0 done; 1 the operation failed or was cancelled; 2 wrong usage; "
    "3 the stack cannot be started or reached; 130 interrupted."
)

app = typer.Typer(
    name="storyreel",
    help="Turn a story into a film.",
    epilog=_EPILOG,
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
operations = typer.Typer(help="List, watch, stop and retry operations.", no_args_is_help=True, epilog=_EPILOG)
app.add_typer(operations, name="operations")
engines = typer.Typer(help="List the engines, and try one.", no_args_is_help=True, epilog=_EPILOG)
app.add_typer(engines, name="engines")


class Format(StrEnum):
    TEXT = "text"
    JSON = "json"


Data = Annotated[Path | None, typer.Option("--data", help="The embedded stack's folder.", show_default=False)]
Url = Annotated[str, typer.Option("--url", help="A running gateway to use.", show_default=False)]
As = Annotated[Format, typer.Option("-o", "--output", help="How to print the result.")]
Id = Annotated[str, typer.Argument(help="The operation's id, or its name operations/<id>.", show_default=False)]


@app.command()
def up(
    port: Annotated[
        int | None, typer.Option(help="The gateway's port; 0 takes any free one. Default: 8080.", show_default=False)
    ] = None,
    host: Annotated[str | None, typer.Option(help="Where the gateway listens. Default: 127.0.0.1.", show_default=False)] = None,
    data: Data = None,
    output: As = Format.TEXT,
) -> None:
    """Run the whole of Storyreel on this machine until Ctrl-C: database, broker, models, worker and REST gateway."""
    from services.cli.up import up as run  # noqa: PLC0415 -- a client of a remote stack needs none of it

    _run(run, output, data=data, port=port, host=host)


@app.command()
def film(  # noqa: PLR0917 -- typer gives them by name
    story: Annotated[str, typer.Argument(help="The story: its text, a file, or - for standard input.", show_default=False)],
    output: Annotated[
        list[str] | None,
        typer.Option(
            "-o", "--output", help="Where the film goes (default film.mp4); `json` prints the result as JSON.", show_default=False
        ),
    ] = None,
    title: Annotated[str, typer.Option(help="The story's title.", show_default=False)] = "",
    style: Annotated[str, typer.Option(help="movie, anime, watercolor, ink, cyberpunk, …", show_default=False)] = "",
    shots: Annotated[
        int | None, typer.Option(min=1, help="How many shots. Default: as the story asks.", show_default=False)
    ] = None,
    lang: Annotated[str, typer.Option(help="The story's language, zh or en. Default: the text's own.", show_default=False)] = "",
    voice: Annotated[str, typer.Option(help="The narrator's voice.", show_default=False)] = "",
    aspect: Annotated[str, typer.Option(help="16:9, 9:16, 1:1 or 4:3.", show_default=False)] = "",
    draft: Annotated[bool, typer.Option("--draft", help="A quick look: small, and spoken by a lesser voice.")] = False,
    subtitles: Annotated[
        str, typer.Option(help="burned, soft, both or none. Default: burned into the picture.", show_default=False)
    ] = "",
    music: Annotated[bool, typer.Option("--music/--no-music", help="Music under the voice.")] = True,
    cards: Annotated[bool, typer.Option("--cards/--no-cards", help="A title before the film and a card after it.")] = True,
    data: Data = None,
    url: Url = "",
) -> None:
    """Make a film of a story, with a contact sheet (.png) and subtitles (.srt, .vtt) beside it.

    Uses the stack that runs, or starts the embedded one for as long as it takes.
    """
    from services.cli.film import FilmWish, make_film, read_story  # noqa: PLC0415

    chosen = outputs(output or [])

    def run(settings: CliSettings, out: Output) -> None:
        wish = FilmWish(
            text=read_story(story, out.words),
            to=chosen.film,
            title=title,
            style=style,
            language=lang,
            voice=voice,
            aspect=aspect,
            shots=shots,
            draft=draft,
            subtitles=subtitles,
            music=music,
            cards=cards,
        )
        make_film(settings, wish, out)

    _run(run, chosen.format, data=data, url=url)


@operations.command("list")
def operations_list(  # noqa: PLR0917 -- typer gives them by name
    limit: Annotated[int, typer.Option(min=1, max=200, help="How many, newest first.")] = 20,
    status: Annotated[str, typer.Option(help="Only those in this state.", show_default=False)] = "",
    where: Annotated[
        str, typer.Option("--filter", help="Only these, as in 'status = failed AND attempt > 1'.", show_default=False)
    ] = "",
    data: Data = None,
    url: Url = "",
    output: As = Format.TEXT,
) -> None:
    """The newest operations."""
    _call(lambda client, out: ops.list_operations(client, out, limit=limit, status=status, where=where), output, data=data, url=url)


@operations.command("show")
def operations_show(operation: Id, data: Data = None, url: Url = "", output: As = Format.TEXT) -> None:
    """One operation, every field."""
    _call(lambda client, out: ops.show(client, out, _bare(operation)), output, data=data, url=url)


@operations.command("watch")
def operations_watch(operation: Id, data: Data = None, url: Url = "", output: As = Format.TEXT) -> None:
    """Follow an operation to its end."""
    _call(lambda client, out: ops.watch(client, out, _bare(operation)), output, data=data, url=url)


@operations.command("cancel")
def operations_cancel(operation: Id, data: Data = None, url: Url = "", output: As = Format.TEXT) -> None:
    """Stop an operation; what it has made is kept."""
    _call(lambda client, out: ops.cancel(client, out, _bare(operation)), output, data=data, url=url)


@operations.command("wait")
def operations_wait(
    operation: Id,
    seconds: Annotated[float, typer.Option("--timeout", min=0, help="How long to wait at most, in seconds.")] = 3600.0,
    data: Data = None,
    url: Url = "",
    output: As = Format.TEXT,
) -> None:
    """Wait for an operation's end."""
    _call(lambda client, out: ops.wait(client, out, _bare(operation), seconds=seconds), output, data=data, url=url)


@operations.command("pause")
def operations_pause(operation: Id, data: Data = None, url: Url = "", output: As = Format.TEXT) -> None:
    """Put an operation aside; what it has made is kept."""
    _call(lambda client, out: ops.pause(client, out, _bare(operation)), output, data=data, url=url)


@operations.command("resume")
def operations_resume(operation: Id, data: Data = None, url: Url = "", output: As = Format.TEXT) -> None:
    """Go on with a paused operation."""
    _call(lambda client, out: ops.resume(client, out, _bare(operation)), output, data=data, url=url)


@operations.command("retry")
def operations_retry(operation: Id, data: Data = None, url: Url = "", output: As = Format.TEXT) -> None:
    """Try a failed or cancelled operation again, from the step that failed."""
    _call(lambda client, out: ops.retry(client, out, _bare(operation)), output, data=data, url=url)


@operations.command("delete")
def operations_delete(operation: Id, data: Data = None, url: Url = "", output: As = Format.TEXT) -> None:
    """Forget an ended operation; what it made stays."""
    _call(lambda client, out: ops.forget(client, out, _bare(operation)), output, data=data, url=url)


@engines.command("list")
def engines_list(output: As = Format.TEXT) -> None:
    """The engines of each service, by the names that the settings take."""
    from services.cli.engines import list_engines  # noqa: PLC0415

    _run(lambda _, out: list_engines(out), output)


@engines.command("test")
def engines_test(
    name: Annotated[str, typer.Argument(help="The engine's name, as in the settings.", show_default=False)],
    to: Annotated[Path | None, typer.Option("--to", help="A folder for what it makes.", show_default=False)] = None,
    output: As = Format.TEXT,
) -> None:
    """Load an engine with the settings of this environment, and make one small thing with it; a provider may charge for that."""
    from services.cli.engines import test  # noqa: PLC0415

    _run(lambda _, out: test(name, out, to=to), output)


@app.command()
def version(output: As = Format.TEXT) -> None:
    """The installed version."""
    number = importlib.metadata.version("storyreel")
    _run(lambda _, out: out.result({"version": number}) if out.json else out.row(number), output)


@dataclass(frozen=True, slots=True)
class Chosen:
    film: Path
    format: Format


def outputs(given: Sequence[str]) -> Chosen:
    """What the film's `-o` options say: `json` is the format, as with every other command, and all else the film's file."""
    paths = [value for value in given if value not in set(Format)]
    if len(paths) > 1:
        raise typer.BadParameter("give one file", param_hint="-o")
    film = Path(paths[0]) if paths else Path("film.mp4")
    if film.name and not film.suffix and not film.is_dir():
        film = film.with_suffix(".mp4")
    if film.suffix in {".png", ".srt", ".vtt"}:
        raise typer.BadParameter(f"the film is MP4; its {film.suffix} is written beside it", param_hint="-o")
    return Chosen(film, Format.JSON if Format.JSON in given else Format.TEXT)


def _call(command: Callable[[Any, Output], None], output: Format, **options: Any) -> None:
    """Run a command that needs a gateway."""

    def run(settings: CliSettings, out: Output) -> None:
        with gateway(settings, out) as client:
            command(client, out)

    _run(run, output, **options)


def _run(command: Callable[[CliSettings, Output], None], output: Format, **options: Any) -> None:
    """Run a command with the settings that its options override, and end with its exit code."""
    try:
        settings = CliSettings(**{name: value for name, value in options.items() if value not in {None, ""}})
    except ValidationError as error:
        first = error.errors()[0]
        raise typer.BadParameter(str(first["msg"]), param_hint=f"STORYREEL_{'_'.join(map(str, first['loc'])).upper()}") from error
    out = Output(Words.of(settings.lang), as_json=output is Format.JSON)
    try:
        command(settings, out)
    except CommandError as error:
        out.error(error)
        raise typer.Exit(error.code) from error
    except KeyboardInterrupt:
        out.note(out.words("interrupted"))
        raise typer.Exit(Exit.INTERRUPTED) from None


def _bare(operation: str) -> str:
    return operation.removeprefix("operations/")


def main() -> None:
    """The console script."""
    app()


if __name__ == "__main__":
    main()
