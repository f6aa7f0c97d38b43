"""Whole stacks for the end-to-end tests: one with real engines, one with blank ones, and a way to start one's own."""

import contextlib
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import pytest

from tests.e2e.harness import BLANK, Client, RunningStack, running_stack

StartStack = Callable[..., RunningStack]


@pytest.fixture(scope="session")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningStack]:
    """A stack with the engines that users get, shared by the whole session. Leave it as it was."""
    with running_stack(tmp_path_factory.mktemp("stack")) as running:
        yield running


@pytest.fixture(scope="session")
def blank_stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningStack]:
    """A stack whose engines answer at once, shared by the whole session. Leave it as it was."""
    with running_stack(tmp_path_factory.mktemp("blank_stack"), BLANK) as running:
        yield running


@pytest.fixture
def start_stack(tmp_path: Path) -> Iterator[StartStack]:
    """Starts stacks of the test's own, to be hurt: `start_stack(environment, folder=…)`."""
    with contextlib.ExitStack() as started:

        def start(overrides: Mapping[str, str] = BLANK, *, folder: Path | None = None, port: int = 0) -> RunningStack:
            return started.enter_context(running_stack(folder or tmp_path / "data", overrides, port=port))

        yield start


@pytest.fixture
def client(stack: RunningStack) -> Iterator[Client]:
    """A new user of the shared stack with real engines."""
    with stack.client() as made:
        yield made


@pytest.fixture
def blank_client(blank_stack: RunningStack) -> Iterator[Client]:
    """A new user of the shared stack with blank engines."""
    with blank_stack.client() as made:
        yield made
