"""Real vLLM on a CPU: `vllm serve`, and a model service with vLLM in it, both with a tiny model that is made here.

They run in vLLM's own environment (`make setup-vllm`), so these tests are left out unless they are asked for: `make test-vllm`,
or `pytest -m vllm`.
"""

import contextlib
import json
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from scripts import vllm_env
from services.cli.embedded.stack import free_port
from tests.e2e.harness import BLANK, RunningStack, environment, running_stack
from tests.vllm.processes import ROOT, Process

CPU = {
    # More threads than idle cores make each token wait for the slowest.
    "VLLM_CPU_OMP_THREADS_BIND": "nobind",
    "OMP_NUM_THREADS": "1",
    # One process less: the engine runs the model itself.
    "VLLM_ENABLE_V1_MULTIPROCESSING": "0",
    "VLLM_CPU_KVCACHE_SPACE": "1",
    "VLLM_NO_USAGE_STATS": "1",
    "HF_HUB_OFFLINE": "1",
}
ARGUMENTS = {"enable_log_requests": True, "enforce_eager": True, "max_num_seqs": 4, "distributed_executor_backend": "uni"}


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    if "vllm" in config.option.markexpr:
        return
    ours = [item for item in items if item.get_closest_marker("vllm")]
    if ours:
        config.hook.pytest_deselected(items=ours)
        items[:] = [item for item in items if item not in ours]


@dataclass(frozen=True)
class Vllm:
    """Both ways to vLLM, started at once since they take their time, and ready one by one."""

    model: Path
    served: Process
    inprocess: Process
    port: int
    media: Path

    def url(self) -> str:
        """Of `vllm serve`, once it answers."""
        url = f"http://127.0.0.1:{self.port}"
        self.served.await_answer(f"{url}/v1/models")
        return url

    def address(self) -> str:
        """Of the model service with vLLM in it, once it serves."""
        return f"127.0.0.1:{self.inprocess.await_record('serving')['port']}"


@pytest.fixture(scope="session")
def python() -> Path:
    """vLLM's Python."""
    folder = vllm_env.folder()
    if not vllm_env.ready(folder):
        pytest.fail(f"there is no vLLM in {folder}: run `make setup-vllm` first")
    return vllm_env.python(folder)


@pytest.fixture(scope="session")
def model(python: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The tiny model's folder."""
    folder = tmp_path_factory.mktemp("models") / "tiny"
    made = subprocess.run(
        [python, "-m", "tests.vllm.tiny_model", folder], cwd=ROOT, env=environment(CPU), capture_output=True, text=True, check=False
    )
    assert made.returncode == 0, made.stderr
    return folder


@pytest.fixture(scope="session")
def vllm(python: Path, model: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Vllm]:
    folder = tmp_path_factory.mktemp("vllm")
    media = folder / "media"
    media.mkdir()
    port = free_port("127.0.0.1")
    serve = [
        *(python, "-m", "vllm.entrypoints.cli.main", "serve", model, "--served-model-name", "tiny"),
        *("--host", "127.0.0.1", "--port", port, "--dtype", "bfloat16", "--max-num-seqs", 4, "--enforce-eager"),
        # Without it, a prompt in more than one piece and a seed end this engine on a CPU: see docs/engines/vllm.md.
        "--no-enable-chunked-prefill",
        *("--distributed-executor-backend", "uni"),
        *("--structured-outputs-config", '{"backend": "guidance", "disable_any_whitespace": true}'),
    ]
    service = [python, "-P", "-m", "services.model_service"]
    settings = CPU | {
        "PYTHONPATH": f"{ROOT}:{ROOT / 'protos'}",
        "STORYREEL_SERVICES": "storyboards",
        "STORYREEL_STORYBOARD_ENGINE": "vllm-inprocess",
        "STORYREEL_STORYBOARD_WORKERS": "2",
        "STORYREEL_MODEL_LISTEN": "127.0.0.1:0",
        "STORYREEL_MEDIA_URL": media.as_uri(),
        "STORYREEL_LINGER_SECONDS": "0",
        "STORYREEL_VLLM_MODEL": str(model),
        "STORYREEL_VLLM_ARGUMENTS": json.dumps(ARGUMENTS),
    }
    with contextlib.ExitStack() as stack:
        served = stack.enter_context(Process.running(serve, environment(CPU), folder / "serve.log"))
        inprocess = stack.enter_context(Process.running(service, environment(settings), folder / "model_service.log"))
        yield Vllm(model, served, inprocess, port, media)


@pytest.fixture(scope="session")
def stack_with_server(vllm: Vllm, tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningStack]:
    """A whole Storyreel whose storyboards come from `vllm serve`."""
    chosen = {"STORYREEL_STORYBOARD_ENGINE": "vllm", "STORYREEL_LLM_BASE_URL": f"{vllm.url()}/v1"}
    with running_stack(tmp_path_factory.mktemp("served"), BLANK | chosen) as running:
        yield running


@pytest.fixture(scope="session")
def stack_with_inprocess(vllm: Vllm, tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningStack]:
    """A whole Storyreel whose storyboards come from a model service that runs in vLLM's environment."""
    with running_stack(tmp_path_factory.mktemp("inprocess"), BLANK | {"STORYREEL_STORYBOARDS_ADDRESS": vllm.address()}) as running:
        yield running
