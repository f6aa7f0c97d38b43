"""Make the sample films with the engines that users get, and the contact sheets of `docs/films/` from them.

Films go to `films/`, which git ignores; sheets are small JPEGs. Names after the command make only those.
"""

import argparse
import json
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from PIL import Image

ROOT = Path(__file__).resolve().parent.parent
SHEETS = ROOT / "docs" / "films"
SHEET_WIDTH = 1320


@dataclass(frozen=True, slots=True)
class Sample:
    """A story of `samples/` and how it is filmed."""

    name: str
    style: str
    aspect: str = "16:9"

    def options(self) -> list[str]:
        return ["--style", self.style, "--aspect", self.aspect]


SAMPLES = (
    Sample("zh_snow_mountain", "movie"),
    Sample("zh_ink_swordsman", "ink"),
    Sample("zh_city_robot", "cyberpunk", "9:16"),
    Sample("zh_chapter", "anime"),
    Sample("en_lighthouse", "realistic"),
    Sample("en_dragon_garden", "storybook"),
    Sample("en_long_voyage", "movie"),
)


def make(sample: Sample, to: Path, data: Path) -> None:
    """Film the story and keep its contact sheet."""
    film = to / f"{sample.name}.mp4"
    story = ROOT / "samples" / f"{sample.name}.txt"
    command = [sys.executable, "-m", "services.cli.main", "film", str(story), *sample.options()]
    command += ["-o", str(film), "-o", "json", "--data", str(data)]
    made = json.loads(subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True, cwd=ROOT).stdout)
    with Image.open(film.with_suffix(".png")) as sheet:
        height = round(sheet.height * SHEET_WIDTH / sheet.width)
        small = sheet.convert("RGB").resize((SHEET_WIDTH, height), Image.Resampling.LANCZOS)
    small.save(SHEETS / f"{sample.name}.jpg", quality=70, optimize=True, progressive=True)
    seconds = made["seconds"]
    print(f"{sample.name}: {made['shots']} shots, {made['duration']:.1f} s, {sample.style}; made in {seconds['making']:.0f} s")


def main() -> None:
    """Make them, one after another."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help=", ".join(sample.name for sample in SAMPLES))
    parser.add_argument("--to", type=Path, default=ROOT / "films")
    chosen = parser.parse_args()
    unknown = set(chosen.names) - {sample.name for sample in SAMPLES}
    if unknown:
        parser.error(f"no sample is named {', '.join(sorted(unknown))}")
    chosen.to.mkdir(parents=True, exist_ok=True)
    SHEETS.mkdir(parents=True, exist_ok=True)
    for sample in SAMPLES:
        if not chosen.names or sample.name in chosen.names:
            make(sample, chosen.to, chosen.to / "data")


if __name__ == "__main__":
    main()
