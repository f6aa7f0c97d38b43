"""What a second compile costs: with nothing changed, and with one shot of five edited, on the engines that users get."""

import argparse
import tempfile
from datetime import datetime
from pathlib import Path
from typing import Any

from bench import report
from tests.e2e.harness import Client, RunningStack, running_stack

SAMPLE = Path(__file__).resolve().parent.parent / "samples" / "zh_snow_mountain.txt"


def seconds(operation: dict[str, Any]) -> float:
    """From created to finished, by the database's clock."""
    created, finished = (datetime.fromisoformat(operation[key]) for key in ("created_at", "finished_at"))
    return round((finished - created).total_seconds(), 3)


def compiled(client: Client, story: str) -> tuple[float, dict[str, int]]:
    """Seconds of a compile, and how many steps of each kind were made for it."""
    operation = client.compile(story)
    steps: dict[str, int] = {}
    for event in client.follow(operation):
        if event.kind == "step_finished":
            kind = event.data["data"]["step"]
            steps[kind] = steps.get(kind, 0) + 1
    return seconds(client.succeeded(operation)), steps


def measure(stack: RunningStack) -> list[tuple[str, float, dict[str, int]]]:
    """The three compiles of one story of five shots."""
    with stack.client() as client:
        story = client.made_story(SAMPLE.read_text(encoding="utf-8"), shots=5)["id"]
        rows = [("the first compile", *compiled(client, story)), ("again, nothing changed", *compiled(client, story))]
        shot = client.shots(story)[2]["id"]
        patch = {"shot": {"details": "改为夜晚星空场景"}}
        client.http.patch(f"/v1/stories/{story}/shots/{shot}", json=patch).raise_for_status()
        rows.append(("one shot of five edited", *compiled(client, story)))
    return rows


def main() -> None:
    """Measure and tell."""
    argparse.ArgumentParser(description=__doc__).parse_args()
    with tempfile.TemporaryDirectory(prefix="storyreel-bench-") as folder, running_stack(Path(folder)) as stack:
        rows = measure(stack)
    made = [
        [name, f"{took:.2f} s", ", ".join(f"{count} {kind}" for kind, count in steps.items()) or "nothing"]
        for name, took, steps in rows
    ]
    result = {name: {"seconds": took, "steps": steps} for name, took, steps in rows}
    report.tell(
        {"benchmark": "recompile", "machine": report.machine(), "compiles": result},
        report.markdown(["compile", "took", "made"], made),
    )


if __name__ == "__main__":
    main()
