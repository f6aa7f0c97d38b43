"""Children of a process that is killed end with it."""

import os
import select
import signal
import subprocess
import sys

from services.model_service.engines.storyboard.llm.lifeline import Lifeline

PARENT = """
import subprocess, sys
from services.model_service.engines.storyboard.llm.lifeline import Lifeline
child = subprocess.Popen([sys.executable, "-c", "import signal; signal.pause()"])
lifeline = Lifeline([child.pid])
print(child.pid, flush=True)
sys.stdin.read()
"""


def _gone(handle: int) -> bool:
    return bool(select.select([handle], [], [], 30.0)[0])


def test_a_killed_process_takes_its_children_along() -> None:
    with subprocess.Popen([sys.executable, "-c", PARENT], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as parent:
        assert parent.stdout is not None
        handle = os.pidfd_open(int(parent.stdout.readline()))
        try:
            parent.send_signal(signal.SIGKILL)
            assert _gone(handle)
        finally:
            os.close(handle)


def test_cutting_it_ends_them_at_once() -> None:
    with subprocess.Popen([sys.executable, "-c", "import signal; signal.pause()"]) as child:
        Lifeline([child.pid]).cut()
        assert child.wait(30) == -signal.SIGKILL


def test_one_that_has_ended_before_harms_nobody() -> None:
    with subprocess.Popen([sys.executable, "-c", "import signal; signal.pause()"]) as child:
        lifeline = Lifeline([child.pid])
        child.kill()
        child.wait(30)
        lifeline.cut()
