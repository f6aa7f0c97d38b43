"""The examples of docs/operations run as they stand."""

import os
import re
import subprocess
import sys
from pathlib import Path
from uuid import uuid4

import pytest

from tests.e2e.harness import RunningStack

PAGE = Path(__file__).parents[2] / "docs" / "operations" / "README.md"


@pytest.mark.parametrize(("language", "interpreter"), [("sh", ["bash", "-eu", "-c"]), ("python", [sys.executable, "-c"])])
def test_an_example_does_what_the_page_says(blank_stack: RunningStack, language: str, interpreter: list[str]) -> None:
    (example,) = re.findall(rf"```{language}\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL)
    environment = os.environ | {"API": blank_stack.url, "GRPC": blank_stack.state.grpc, "USER_ID": str(uuid4())}
    ran = subprocess.run([*interpreter, example], env=environment, capture_output=True, text=True, timeout=120, check=False)
    assert ran.returncode == 0, ran.stderr
    if language == "sh":
        assert ran.stdout.count('"done":true') == 2, ran.stdout
        assert '"changed":0' in ran.stdout
    else:
        assert re.match(r"stories/[0-9a-f-]{36} 1\.0 \[", ran.stdout), ran.stdout
