"""vLLM's environment as a file and a folder: what is in the lock, and what two runs and a crash do to it. Installs nothing."""

import re
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from scripts import vllm_env

PIN = re.compile(r"^[a-z0-9._-]+==[^\s;]+( ; [^\\]+)? \\$")
HASH = re.compile(r"^    --hash=sha256:[0-9a-f]{64}( \\)?$")


def test_the_lock_pins_and_hashes_everything_and_names_no_host() -> None:
    lines = [line for line in vllm_env.LOCK.read_text(encoding="utf-8").splitlines() if not line.startswith("#")]
    strange = [line for line in lines if not PIN.match(line) and not HASH.match(line)]
    assert strange == []


def test_the_lock_holds_what_is_required_and_nothing_that_is_excluded() -> None:
    pinned = set(re.findall(r"^([a-z0-9._-]+)==", vllm_env.LOCK.read_text(encoding="utf-8"), re.MULTILINE))
    required = {re.split(r"[=>]", line)[0] for line in vllm_env.REQUIREMENTS}
    assert required <= pinned
    assert not pinned & set(vllm_env.EXCLUDED)


def test_the_folder_changes_with_the_lock(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before = vllm_env.folder(tmp_path)
    other = tmp_path / "other.lock"
    other.write_bytes(vllm_env.LOCK.read_bytes() + b"\n")
    monkeypatch.setattr(vllm_env, "LOCK", other)
    assert vllm_env.folder(tmp_path) != before
    assert before.parent == tmp_path / "storyreel"


def test_the_path_is_printed_without_making_anything(tmp_path: Path) -> None:
    command = [sys.executable, str(vllm_env.ROOT / "scripts" / "vllm_env.py"), "--path"]
    told = subprocess.run(command, env={"XDG_CACHE_HOME": str(tmp_path)}, capture_output=True, text=True, check=True)
    assert told.stdout.strip() == str(vllm_env.folder(tmp_path))
    assert list(tmp_path.iterdir()) == []


class Maker:
    """Stands in for pip: makes a folder with a Python, and counts."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.made = 0
        self.fails = False
        self.entered = threading.Event()
        self.go_on = threading.Event()
        self.go_on.set()
        monkeypatch.setattr("venv.create", self._create)
        monkeypatch.setattr(vllm_env, "_pip", self._pip)
        monkeypatch.setattr(vllm_env, "_refuse_gpu_build", lambda _folder: None)
        monkeypatch.setattr(vllm_env, "_import_once", lambda _folder: None)

    def _create(self, folder: Path, **_: object) -> None:
        assert not folder.exists(), "an unfinished environment was built upon"
        python = vllm_env.python(folder)
        python.parent.mkdir(parents=True)
        python.symlink_to(sys.executable)

    def _pip(self, folder: Path, *_: str) -> None:
        self.entered.set()
        assert self.go_on.wait(30)
        if self.fails:
            raise vllm_env.CannotMake("pip ended with exit code 1")
        (folder / "lib" / f"python{sys.version_info.major}.{sys.version_info.minor}" / "site-packages").mkdir(
            parents=True, exist_ok=True
        )
        self.made += 1


def test_it_is_made_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    maker = Maker(monkeypatch)
    folder = vllm_env.folder(tmp_path)
    assert vllm_env.ensure(folder) == vllm_env.python(folder)
    assert maker.made == 2, "torch, and the lock"
    vllm_env.ensure(folder)
    assert maker.made == 2


def test_one_that_was_not_finished_is_made_anew(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    maker = Maker(monkeypatch)
    folder = vllm_env.folder(tmp_path)
    maker.fails = True
    with pytest.raises(vllm_env.CannotMake):
        vllm_env.ensure(folder)
    assert folder.exists()
    assert not vllm_env.ready(folder)
    maker.fails = False
    vllm_env.ensure(folder)
    assert vllm_env.ready(folder)


def test_one_whose_python_is_gone_is_made_anew(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    maker = Maker(monkeypatch)
    folder = vllm_env.folder(tmp_path)
    python = vllm_env.ensure(folder)
    python.unlink()
    python.symlink_to(tmp_path / "removed" / "python")
    vllm_env.ensure(folder)
    assert maker.made == 4
    assert vllm_env.ready(folder)


def test_two_at_once_make_it_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    maker = Maker(monkeypatch)
    folder = vllm_env.folder(tmp_path)
    maker.go_on.clear()
    waiting = threading.Event()
    say = vllm_env._say

    def heard(line: str) -> None:
        say(line)
        if "waiting" in line:
            waiting.set()

    monkeypatch.setattr(vllm_env, "_say", heard)
    runs = [threading.Thread(target=vllm_env.ensure, args=[folder]) for _ in range(2)]
    runs[0].start()
    assert maker.entered.wait(30)
    runs[1].start()
    assert waiting.wait(30), capsys.readouterr().err
    maker.go_on.set()
    for run in runs:
        run.join(30)
    assert maker.made == 2
    assert vllm_env.ready(folder)


def test_a_build_of_torch_for_gpus_is_refused(tmp_path: Path) -> None:
    version = vllm_env._site_packages(tmp_path) / "torch" / "version.py"
    version.parent.mkdir(parents=True)
    version.write_text("cuda = None\nhip = None\n", encoding="utf-8")
    vllm_env._refuse_gpu_build(tmp_path)
    version.write_text("cuda = '13.0'\n", encoding="utf-8")
    with pytest.raises(vllm_env.CannotMake, match="CPU wheels"):
        vllm_env._refuse_gpu_build(tmp_path)
