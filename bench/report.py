"""How the benchmarks tell what they measured: JSON for programs, then a Markdown table for `docs/benchmarks.md`."""

import json
import os
import platform
from collections.abc import Mapping, Sequence
from typing import Any


def machine() -> dict[str, Any]:
    """What the figures depend on. `load` is that of the last minute: the machine may have been busy with other things."""
    cores = len(os.sched_getaffinity(0))
    return {"cores": cores, "load": round(os.getloadavg()[0], 2), "python": platform.python_version(), "system": platform.system()}


def percentiles(values: Sequence[float]) -> dict[str, float]:
    """By the nearest-rank method."""
    ordered = sorted(values)

    def rank(share: float) -> float:
        return round(ordered[max(0, min(len(ordered) - 1, round(share * len(ordered)) - 1))], 3)

    return {"p50": rank(0.50), "p90": rank(0.90), "p99": rank(0.99), "max": round(ordered[-1], 3)}


def markdown(columns: Sequence[str], rows: Sequence[Sequence[object]]) -> str:
    lines = [columns, ["---"] * len(columns), *rows]
    return "\n".join("| " + " | ".join(str(cell) for cell in line) + " |" for line in lines)


def tell(result: Mapping[str, Any], *tables: str) -> None:
    """Print both forms."""
    print(json.dumps(result, indent=2, ensure_ascii=False))
    for table in tables:
        print(f"\n{table}")
