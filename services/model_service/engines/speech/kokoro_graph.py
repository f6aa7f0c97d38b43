"""Kokoro's graph made faster, with the same weights: what it computes stays the same up to rounding.

Packaged, three quarters of the time goes into `ConvInteger` with unsigned weights, for which ONNX Runtime has no fast kernel,
and into chains of elementwise nodes that each walk through memory. Rewritten, a second of speech costs 0.4 s of one core
instead of 1.05 s:

* an integer convolution is a matrix product of the same integers with its input's neighbouring frames side by side; signed
  weights take the kernels made for them (VNNI, AMX, dot products on ARM);
* adaptive instance normalisation (Huang & Belongie 2017) is one node, and so are its scale and the snake activation's;
* the short Fourier transform of the source is a convolution with its basis.

Kokoro's decoder is StyleTTS 2's iSTFTNet with snake activations (Kaneko et al. 2022, Ziyin et al. 2020).
"""

from collections.abc import Sequence

import numpy as np

from services.model_service.engines.speech.onnx_graph import Array, Graph, Node, attribute

_CONTRIB = "com.microsoft"
_FEWEST_CHANNELS = 16
"""Convolutions with fewer are left as they are: there is nothing to win."""
_SIGN = 1e-12


def rewritten(graph: Graph, durations: str) -> Graph:
    """The packaged model in its fast form, with the tensor `durations` as a second output. Raises ValueError for another one."""
    graph.add_output(durations, np.float32)
    for node in graph.of_type("ConvInteger"):
        _as_product(graph, node)
    for node in graph.of_type("Div"):
        _normalise_at_once(graph, node)
    for node in graph.of_type("Sin"):
        _scale_before_snake(graph, node)
    for node in graph.of_type("STFT"):
        _as_convolution(graph, node)
    return graph


def _as_product(graph: Graph, conv: Node) -> None:
    """DynamicQuantizeLinear → ConvInteger (→ Add bias) → Cast → Mul scale, as a product of integers with a scale.

    Unsigned weights w with zero point z are the signed w - 128 with z - 128: the sums are the same to the last bit.
    """
    quantised, zero = conv.input[0], conv.input[2]
    weights, weights_zero = _known(graph, conv.input[1]), _known(graph, conv.input[3])
    channels_out, channels, taps = weights.shape
    if channels < _FEWEST_CHANNELS or attribute(conv, "group") != 1:
        return
    end, bias = _sole(graph.consumers(conv.output[0])), None
    if end.op_type == "Add":
        bias = _bias(graph, end, conv.output[0])
        end = _sole(graph.consumers(end.output[0]))
    scaled = _sole(graph.consumers(end.output[0]))
    scales = graph.producer(_other(scaled, end.output[0]))
    if end.op_type != "Cast" or scaled.op_type != "Mul" or scales is None:
        raise ValueError(f"unexpected nodes after {conv.name}")
    scale = next(value for value in map(graph.constant, scales.input) if value is not None)
    quantiser = graph.producer(quantised)
    if quantiser is None:
        raise ValueError(f"unexpected nodes before {conv.name}")

    name = conv.output[0]
    rows = _neighbours(graph, conv, channels=channels, taps=taps)
    signed = (weights.transpose(2, 1, 0).reshape(taps * channels, channels_out).astype(np.int16) - 128).astype(np.int8)
    signed_zero = np.array(int(weights_zero) - 128, np.int8)
    inputs = [
        rows,
        graph.name_constant(f"{name}/weights", signed),
        quantiser.output[1],
        graph.name_constant(f"{name}/scale", np.asarray(scale, np.float32).reshape(())),
        zero,
        graph.name_constant(f"{name}/zero", signed_zero),
    ]
    if bias is not None:
        inputs.append(graph.name_constant(f"{name}/bias", np.asarray(bias, np.float32)))
    product = graph.add("MatMulIntegerToFloat", inputs, f"{name}/product", domain=_CONTRIB)
    turned = graph.add("Transpose", [product], f"{name}/turned", perm=[1, 0])
    graph.add("Unsqueeze", [turned, _integers(graph, 0)], scaled.output[0])


def _neighbours(graph: Graph, conv: Node, *, channels: int, taps: int) -> str:
    """The convolution's input as rows: for every frame that comes out, the `taps` frames that it sees, side by side.

    Rows are gathered by index, which copies whole frames; slicing and concatenating them takes five times as long.
    """
    quantised, zero = conv.input[0], conv.input[2]
    frames = graph.add("Squeeze", [quantised, _integers(graph, 0)], f"{quantised}/channels")
    frames = graph.add("Transpose", [frames], f"{quantised}/frames", perm=[1, 0])
    if taps == 1:
        return frames
    dilation, stride = attribute(conv, "dilations")[0], attribute(conv, "strides")[0]
    before, after = attribute(conv, "pads")
    name = f"{quantised}/{taps}x{dilation}+{stride}"
    padded = graph.add("Pad", [frames, _integers(graph, before, 0, after, 0), zero], f"{name}/padded")
    length = graph.add("Shape", [padded], f"{name}/shape", end=1)
    length = graph.add("Squeeze", [length], f"{name}/length")
    until = graph.add("Sub", [length, _integer(graph, (taps - 1) * dilation)], f"{name}/until")
    starts = graph.add("Range", [_integer(graph, 0), until, _integer(graph, stride)], f"{name}/starts")
    starts = graph.add("Unsqueeze", [starts, _integers(graph, 1)], f"{name}/column")
    steps = graph.name_constant(f"steps {taps}x{dilation}", np.arange(taps, dtype=np.int64)[None] * dilation)
    places = graph.add("Add", [starts, steps], f"{name}/places")
    gathered = graph.add("Gather", [padded, places], f"{name}/gathered", axis=0)
    return graph.add("Reshape", [gathered, _integers(graph, -1, taps * channels)], f"{name}/rows")


def _bias(graph: Graph, add: Node, sums: str) -> Array:
    """The bias behind Div by the scale → Floor → Cast → Reshape, which rounds it to the scale of the sums."""
    at = _other(add, sums)
    for _ in ("Reshape", "Cast", "Floor", "Div"):
        node = graph.producer(at)
        if node is None:
            raise ValueError(f"unexpected bias of {add.name}")
        at = node.input[0]
    return _known(graph, at)


def _normalise_at_once(graph: Graph, division: Node) -> None:
    """(x - mean) / sqrt(variance + ε) · gain + shift over a channel's frames, written out, as one InstanceNormalization."""
    centred, deviation = graph.producer(division.input[0]), graph.producer(division.input[1])
    if centred is None or deviation is None or (centred.op_type, deviation.op_type) != ("Sub", "Sqrt"):
        return
    floor = graph.producer(deviation.input[0])
    variance = None if floor is None else graph.producer(floor.input[0])
    if floor is None or variance is None or variance.op_type != "ReduceMean":
        return
    if _known(graph, variance.input[1]).tolist() != [2]:
        return  # a layer normalisation: over the channels
    epsilon = float(_known(graph, floor.input[1]))
    flat = _integers(graph, -1)
    for scaled in graph.consumers(division.output[0]):
        shifted = _sole(graph.consumers(scaled.output[0]))
        if (scaled.op_type, shifted.op_type) != ("Mul", "Add"):
            raise ValueError(f"unexpected nodes after {division.name}")
        name = shifted.output[0]
        gain = graph.add("Reshape", [_other(scaled, division.output[0]), flat], f"{name}/gain")
        shift = graph.add("Reshape", [_other(shifted, scaled.output[0]), flat], f"{name}/shift")
        graph.add("InstanceNormalization", [centred.input[0], gain, shift], name, epsilon=epsilon)


def _scale_before_snake(graph: Graph, sine: Node) -> None:
    """Snake, y + sin²(a·y) / a behind a norm, as (z + sin² z) / a with z = a·y: the norm's gain and shift take a in."""
    square = graph.consumers(sine.output[0])[0]
    scaled = graph.producer(sine.input[0])
    if square.op_type != "Pow" or scaled is None:
        return
    frequency = next(name for name in scaled.input if graph.constant(name) is not None)
    normalised = _other(scaled, frequency)
    norm = graph.producer(normalised)
    divided = _sole(graph.consumers(square.output[0]))
    snake = _sole(graph.consumers(divided.output[0]))
    if norm is None or norm.op_type != "InstanceNormalization" or len(graph.consumers(normalised)) != 2:
        raise ValueError(f"unexpected nodes before {sine.name}")
    a = graph.name_constant(f"{frequency}/flat", _known(graph, frequency).reshape(-1))
    name = snake.output[0]
    gain = graph.add("Mul", [norm.input[1], a], f"{name}/gain")
    shift = graph.add("Mul", [norm.input[2], a], f"{name}/shift")
    z = graph.add("InstanceNormalization", [norm.input[0], gain, shift], f"{name}/z", epsilon=attribute(norm, "epsilon"))
    wave = graph.add("Sin", [z], f"{name}/sine")
    wave = graph.add("Mul", [wave, wave], f"{name}/square")
    total = graph.add("Add", [z, wave], f"{name}/total")
    graph.add("Mul", [total, _other(divided, square.output[0])], name)


def _as_convolution(graph: Graph, transform: Node) -> None:
    """STFT → Transpose → Gather of the real and of the imaginary part, as a convolution with windowed cosines and sines.

    Of a real signal the lowest and the highest bin have no imaginary part. PyTorch, where Kokoro was trained, gives it as +0,
    and so the phase of a negative value as +π; here rounding would choose between +π and -π. An imaginary part of -10⁻¹²
    times the real one keeps the phase where it was trained.
    """
    hop, window = int(_known(graph, transform.input[1])), _known(graph, transform.input[2]).astype(np.float64)
    size = len(window)
    bins = size // 2 + 1
    angles = 2 * np.pi * (np.outer(np.arange(bins), np.arange(size)) % size) / size
    real, imaginary = np.cos(angles) * window, -np.sin(angles) * window
    imaginary[[0, -1]] = -_SIGN * real[[0, -1]]
    basis = np.concatenate([real, imaginary])[:, None].astype(np.float32)
    name = transform.output[0]
    signal = graph.add("Unsqueeze", [transform.input[0], _integers(graph, 0)], f"{name}/signal")
    spectra = graph.add("Conv", [signal, graph.name_constant(f"{name}/basis", basis)], f"{name}/spectra", strides=[hop])
    graph.add("Split", [spectra], f"{name}/real", f"{name}/imaginary", axis=1, num_outputs=2)
    for part in graph.consumers(_sole(graph.consumers(name)).output[0]):
        which = "imaginary" if int(_known(graph, part.input[1])) else "real"
        graph.add("Identity", [f"{name}/{which}"], part.output[0])


def _known(graph: Graph, tensor: str) -> Array:
    value = graph.constant(tensor)
    if value is None:
        raise ValueError(f"{tensor} is not a constant")
    return value


def _sole(nodes: Sequence[Node]) -> Node:
    if len(nodes) != 1:
        raise ValueError(f"{len(nodes)} nodes where one was expected")
    return nodes[0]


def _other(node: Node, tensor: str) -> str:
    """The one of a node's two inputs that is not `tensor`."""
    return str(node.input[1] if node.input[0] == tensor else node.input[0])


def _integers(graph: Graph, *values: int) -> str:
    return graph.name_constant(f"integers {values}", np.array(values, np.int64))


def _integer(graph: Graph, value: int) -> str:
    return graph.name_constant(f"integer {value}", np.array(value, np.int64))
