"""Kokoro's graph in its fast form computes what the packaged form does: each rewrite on a small graph of the same shape."""

import io
from typing import Any

import numpy as np
import onnxruntime
import pytest
from numpy.typing import NDArray

from services.model_service.engines.speech.kokoro_graph import rewritten
from services.model_service.engines.speech.onnx_graph import Graph, attribute

RANDOM = np.random.default_rng(7)


def encoded(graph: Graph) -> bytes:
    file = io.BytesIO()
    graph.write(file)
    return file.getvalue()


def result(model: bytes) -> NDArray[np.float32]:
    """The first output of a model without inputs."""
    options = onnxruntime.SessionOptions()
    options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_DISABLE_ALL
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    session = onnxruntime.InferenceSession(model, options, providers=["CPUExecutionProvider"])
    return np.asarray(session.run(None, {})[0])


def before_and_after(graph: Graph, output: str) -> tuple[NDArray[np.float32], NDArray[np.float32], set[str]]:
    """What `output` is in the graph and in the rewritten one, and the latter's operators."""
    graph.add_output(output, np.float32)
    model = encoded(graph)
    fast = encoded(rewritten(Graph(model), output))
    return result(model), result(fast), {node.op_type for node in Graph(fast).nodes}


def constant(graph: Graph, name: str, value: Any, dtype: Any = np.float32) -> str:
    return graph.name_constant(name, np.asarray(value, dtype))


def convolution(graph: Graph, *, channels: int, taps: int, dilation: int, stride: int, bias: bool) -> str:
    """An integer convolution as a quantiser writes it; the name of its result."""
    x = constant(graph, "x", RANDOM.standard_normal((1, channels, 50)))
    graph.add("DynamicQuantizeLinear", [x], "quantised", "scale", "zero")
    weights = constant(graph, "weights", RANDOM.integers(0, 256, (24, channels, taps)), np.uint8)
    scales = graph.add("Mul", ["scale", constant(graph, "weights scale", 0.004)], "scales")
    pad = (taps - 1) * dilation // 2
    graph.add(
        "ConvInteger",
        ["quantised", weights, "zero", constant(graph, "weights zero", 91, np.uint8)],
        "sums",
        group=1,
        dilations=[dilation],
        strides=[stride],
        pads=[pad, pad],
        kernel_shape=[taps],
    )
    sums = "sums"
    if bias:
        rounded = graph.add("Div", [constant(graph, "bias", RANDOM.standard_normal(24)), scales], "bias in steps")
        rounded = graph.add("Floor", [rounded], "floor")
        rounded = graph.add("Cast", [rounded], "whole", to=6)
        rounded = graph.add("Reshape", [rounded, constant(graph, "shape", [1, -1, 1], np.int64)], "bias shaped")
        sums = graph.add("Add", [sums, rounded], "sums and bias")
    return graph.add("Mul", [graph.add("Cast", [sums], "real", to=1), scales], "y")


@pytest.mark.parametrize(
    ("taps", "dilation", "stride"),
    [(1, 1, 1), (3, 1, 1), (11, 1, 1), (7, 3, 1), (11, 5, 1), (12, 1, 6)],
)
def test_an_integer_convolution_as_a_product_gives_the_same_bits(taps: int, dilation: int, stride: int) -> None:
    graph = Graph.empty()
    output = convolution(graph, channels=16, taps=taps, dilation=dilation, stride=stride, bias=False)
    packaged, fast, operators = before_and_after(graph, output)
    assert "ConvInteger" not in operators
    assert packaged.std() > 0.5
    assert np.array_equal(packaged, fast)


def test_a_bias_is_added_without_rounding() -> None:
    graph = Graph.empty()
    output = convolution(graph, channels=20, taps=5, dilation=1, stride=1, bias=True)
    packaged, fast, _ = before_and_after(graph, output)
    step = 0.004 * 6 / 255
    assert 0 < np.abs(packaged - fast).max() < 2 * step


def test_a_convolution_of_few_channels_stays_as_it_is() -> None:
    graph = Graph.empty()
    output = convolution(graph, channels=2, taps=3, dilation=1, stride=1, bias=False)
    packaged, fast, operators = before_and_after(graph, output)
    assert "ConvInteger" in operators
    assert np.array_equal(packaged, fast)


def test_norm_and_snake_written_out_are_four_nodes() -> None:
    graph = Graph.empty()
    x = constant(graph, "x", RANDOM.standard_normal((1, 6, 200)) * 3 + 1)
    axis = constant(graph, "axis", [2], np.int64)
    centred = graph.add("Sub", [x, graph.add("ReduceMean", [x, axis], "mean", keepdims=1)], "centred")
    variance = graph.add("ReduceMean", [graph.add("Mul", [centred, centred], "squares"), axis], "variance", keepdims=1)
    deviation = graph.add("Sqrt", [graph.add("Add", [variance, constant(graph, "epsilon", 1e-5)], "floor")], "deviation")
    even = graph.add("Div", [centred, deviation], "even")
    gain = graph.add("Identity", [constant(graph, "gains", RANDOM.standard_normal((1, 6, 1)))], "gain")
    shift = graph.add("Identity", [constant(graph, "shifts", RANDOM.standard_normal((1, 6, 1)))], "shift")
    y = graph.add("Add", [graph.add("Mul", [gain, even], "scaled"), shift], "normalised")
    frequency = constant(graph, "alpha", RANDOM.uniform(0.3, 3, (1, 6, 1)))
    reciprocal = constant(graph, "reciprocal", 1 / np.asarray(graph.constant("alpha")))
    wave = graph.add("Sin", [graph.add("Mul", [frequency, y], "phase")], "sine")
    square = graph.add("Pow", [wave, constant(graph, "two", 2.0)], "square")
    output = graph.add("Add", [y, graph.add("Mul", [reciprocal, square], "wave")], "snake")
    packaged, fast, operators = before_and_after(graph, output)
    assert {"InstanceNormalization", "Sin"} < operators
    assert not {"ReduceMean", "Sub", "Div", "Sqrt", "Pow"} & operators
    assert np.abs(packaged - fast).max() < 2e-5


def test_the_spectrum_of_a_signal_as_a_convolution_has_its_phase_at_plus_pi() -> None:
    graph = Graph.empty()
    window = np.hanning(21)[:20].astype(np.float32)
    signal = constant(graph, "signal", RANDOM.standard_normal((1, 400)))
    hop, size = constant(graph, "hop", 5, np.int64), constant(graph, "size", 20, np.int64)
    graph.add("STFT", [signal, hop, constant(graph, "window", window), size], "spectra", onesided=1)
    turned = graph.add("Transpose", ["spectra"], "turned", perm=[0, 2, 1, 3])
    parts = [
        graph.add("Gather", [turned, constant(graph, f"at {part}", part, np.int64)], f"part {part}", axis=3) for part in (0, 1)
    ]
    output = graph.add("Concat", parts, "parts", axis=1)
    packaged, fast, operators = before_and_after(graph, output)
    assert "STFT" not in operators
    assert packaged.shape == fast.shape == (1, 22, 77)
    assert np.abs(packaged - fast).max() < 1e-4
    real, imaginary = fast[0, :11], fast[0, 11:]
    for bin_ in (0, 10):
        negative = real[bin_] < 0
        assert negative.any()
        assert (imaginary[bin_][negative] > 0).all()


def test_an_unknown_graph_is_refused() -> None:
    graph = Graph.empty()
    output = convolution(graph, channels=16, taps=3, dilation=1, stride=1, bias=False)
    graph.add_output(graph.add("Neg", ["sums"], "another use"), np.int32)
    graph.add_output(output, np.float32)
    with pytest.raises(ValueError, match="2 nodes where one was expected"):
        rewritten(Graph(encoded(graph)), output)


def test_what_no_output_needs_is_left_out_and_attributes_are_kept() -> None:
    graph = Graph.empty()
    x = constant(graph, "x", [[1.0, 2.0]])
    graph.add("Neg", [constant(graph, "unused", [3.0])], "nobody")
    graph.add("Transpose", [x], "y", perm=[1, 0])
    graph.add_output("y", np.float32)
    model = encoded(graph)
    again = Graph(model)
    assert [node.op_type for node in again.nodes] == ["Transpose"]
    assert attribute(again.nodes[0], "perm") == [1, 0]
    assert attribute(again.nodes[0], "missing") is None
    assert again.constant("unused") is None
    assert result(model).tolist() == [[1.0], [2.0]]
