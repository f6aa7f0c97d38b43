"""What a compile costs by itself: every shot's picture, voice and clip is there, and the cut is made from them."""

import argparse
import tempfile
from pathlib import Path
from typing import Any

from bench import report
from bench.recompile import compiled
from tests.e2e.harness import RunningStack, running_stack

SAMPLE = Path(__file__).resolve().parent.parent / "samples" / "en_lighthouse.txt"


def measure(stack: RunningStack, text: str, shots: int) -> dict[str, Any]:
    """Make the shots' clips one by one, which makes their voices too, then compile."""
    with stack.client() as client:
        story = client.made_story(text, shots=shots)["id"]
        for shot in client.shots(story):
            client.regenerated(story, shot["id"], "ASSET_VIDEO")
        took, steps = compiled(client, story)
        return {"seconds": took, "steps": steps, "film_seconds": client.story(story)["duration"]}


def main() -> None:
    """Measure and tell."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--story", type=Path, default=SAMPLE)
    parser.add_argument("--shots", type=int, default=12)
    chosen = parser.parse_args()
    text = chosen.story.read_text(encoding="utf-8")
    with tempfile.TemporaryDirectory(prefix="storyreel-bench-") as folder, running_stack(Path(folder)) as stack:
        made = measure(stack, text, chosen.shots)
    steps = ", ".join(f"{count} {kind}" for kind, count in made["steps"].items())
    rows = [["film", f"{made['film_seconds']:.1f} s"], ["compile alone", f"{made['seconds']:.2f} s"], ["made", steps]]
    report.tell({"benchmark": "compile", "machine": report.machine(), **made}, report.markdown(["what", "measured"], rows))


if __name__ == "__main__":
    main()
