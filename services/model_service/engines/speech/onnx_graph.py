"""An ONNX model as a graph that can be rewritten: just enough of its format to find nodes, and to put better ones in their place.

Protobuf keeps what a message does not name, so only the fields that a rewrite touches are described here. The package onnx
would do, but weighs 30 MB and is needed nowhere else.
"""

from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from graphlib import TopologicalSorter
from typing import Any, BinaryIO, Self

import numpy as np
from google.protobuf import descriptor_pb2, descriptor_pool, message_factory
from numpy.typing import NDArray

Node = Any
"""A `NodeProto`: `op_type`, `domain`, `name`, `input`, `output`, `attribute`."""
Attribute = int | float | Sequence[int]
Array = NDArray[Any]

_Field = descriptor_pb2.FieldDescriptorProto
_INT32, _INT64, _FLOAT, _TEXT, _BYTES = (
    _Field.TYPE_INT32,
    _Field.TYPE_INT64,
    _Field.TYPE_FLOAT,
    _Field.TYPE_STRING,
    _Field.TYPE_BYTES,
)
# Names, numbers and types of onnx.proto; a name that ends in * is repeated, a type in quotes is a message of this table.
_MESSAGES: Mapping[str, Sequence[tuple[str, int, Any]]] = {
    "Model": (("ir_version", 1, _INT64), ("opset_import*", 8, "Opset"), ("graph", 7, "Graph")),
    "Opset": (("domain", 1, _TEXT), ("version", 2, _INT64)),
    "Graph": (
        *(("node*", 1, "Node"), ("name", 2, _TEXT), ("initializer*", 5, "Tensor")),
        *(("input*", 11, "Value"), ("output*", 12, "Value")),
    ),
    "Node": (
        *(("input*", 1, _TEXT), ("output*", 2, _TEXT), ("name", 3, _TEXT), ("op_type", 4, _TEXT), ("domain", 7, _TEXT)),
        ("attribute*", 5, "Attribute"),
    ),
    "Attribute": (("name", 1, _TEXT), ("f", 2, _FLOAT), ("i", 3, _INT64), ("ints*", 8, _INT64), ("type", 20, _INT32)),
    "Tensor": (
        *(("dims*", 1, _INT64), ("data_type", 2, _INT32), ("name", 8, _TEXT), ("raw_data", 9, _BYTES)),
        *(("float_data*", 4, _FLOAT), ("int32_data*", 5, _INT32), ("int64_data*", 7, _INT64)),
    ),
    "Value": (("name", 1, _TEXT), ("type", 2, "Type")),
    "Type": (("tensor_type", 1, "TensorType"),),
    "TensorType": (("elem_type", 1, _INT32),),
}  # fmt: skip
_GRAPH, _INITIALIZER = 7, 5
_ATTRIBUTE_FLOAT, _ATTRIBUTE_INT, _ATTRIBUTE_INTS = 1, 2, 7
_DTYPES: Mapping[int, Any] = {1: np.float32, 2: np.uint8, 3: np.int8, 6: np.int32, 7: np.int64, 9: np.bool_}
_DATA_TYPES: Mapping[str, int] = {np.dtype(dtype).name: number for number, dtype in _DTYPES.items()}


class Graph:
    """A model's graph. What is looked up is the graph as it was read; what is added shows in `producer` and `write`."""

    def __init__(self, model: bytes) -> None:
        self._model = _message("Model").FromString(model)
        graph = self._model.graph
        self.nodes: tuple[Node, ...] = tuple(graph.node)
        self._constants: dict[str, Any] = {tensor.name: tensor for tensor in graph.initializer}
        self._producers: dict[str, Node] = {name: node for node in self.nodes for name in node.output}
        self._consumers: dict[str, list[Node]] = {}
        for node in self.nodes:
            for name in node.input:
                self._consumers.setdefault(name, []).append(node)

    @classmethod
    def empty(cls) -> Self:
        """A graph without inputs, of operators as they were in ONNX 1.15."""
        model = _message("Model")(ir_version=9)
        model.opset_import.add(domain="", version=20)
        model.graph.name = "graph"
        return cls(model.SerializeToString())

    def of_type(self, op: str) -> list[Node]:
        """The nodes of one operator, in order."""
        return [node for node in self.nodes if node.op_type == op]

    def producer(self, tensor: str) -> Node | None:
        """The node that gives a tensor now; None for inputs and constants."""
        return self._producers.get(tensor)

    def consumers(self, tensor: str) -> Sequence[Node]:
        return self._consumers.get(tensor, ())

    def constant(self, tensor: str) -> Array | None:
        """The value of a constant; None where the tensor is computed."""
        found = self._constants.get(tensor)
        if found is None:
            return None
        dtype = _DTYPES[found.data_type]
        if found.raw_data:
            return np.frombuffer(found.raw_data, dtype).reshape(tuple(found.dims))
        return np.array([*found.float_data, *found.int32_data, *found.int64_data], dtype).reshape(tuple(found.dims))

    def name_constant(self, name: str, value: Array) -> str:
        """Have a constant of this name; give the name back. An earlier one of the same name stays."""
        if name not in self._constants:
            self._constants[name] = _message("Tensor")(
                name=name, dims=value.shape, data_type=_DATA_TYPES[value.dtype.name], raw_data=np.ascontiguousarray(value).tobytes()
            )
        return name

    def add(self, op: str, inputs: Iterable[str], *outputs: str, domain: str = "", **attributes: Attribute) -> str:
        """A node that gives `outputs`, instead of whatever gave them so far; the first one's name comes back."""
        node = _message("Node")(op_type=op, domain=domain, name=outputs[0], input=inputs, output=outputs)
        node.attribute.extend(_attribute(name, value) for name, value in attributes.items())
        for output in outputs:
            self._producers[output] = node
        return outputs[0]

    def add_output(self, tensor: str, dtype: type[np.generic]) -> None:
        """Make a tensor an output of the model, after those that it has."""
        kind = _message("TensorType")(elem_type=_DATA_TYPES[np.dtype(dtype).name])
        self._model.graph.output.append(_message("Value")(name=tensor, type=_message("Type")(tensor_type=kind)))

    def write(self, file: BinaryIO) -> None:
        """Write the model with its nodes in order, without what no output needs. The graph is spent then.

        Constants are written one by one, so that the model is in memory once: what is appended to a message is merged into it.
        """
        order, needed = self._needed()
        graph = self._model.graph
        del graph.node[:], graph.initializer[:]
        graph.node.extend(order)
        file.write(self._model.SerializeToString())
        for name in sorted(needed & self._constants.keys()):
            tensor = self._constants[name].SerializeToString()
            head = _length_prefix(_INITIALIZER, len(tensor))
            file.write(_length_prefix(_GRAPH, len(head) + len(tensor)) + head + tensor)

    def _needed(self) -> tuple[list[Node], set[str]]:
        """The nodes that the outputs need, each after those that it needs, and the names of all that is needed."""
        wanted = [output.name for output in self._model.graph.output]
        sorter: TopologicalSorter[str] = TopologicalSorter()
        needed: set[str] = set()
        while wanted:
            tensor = wanted.pop()
            if tensor in needed:
                continue
            needed.add(tensor)
            node = self._producers.get(tensor)
            if node is not None:
                sorter.add(node.output[0], *(self._first_output(name) for name in node.input))
                wanted += node.input
        return [self._producers[tensor] for tensor in sorter.static_order() if tensor in self._producers], needed

    def _first_output(self, tensor: str) -> str:
        """The name that stands for the node that gives a tensor."""
        node = self._producers.get(tensor)
        return tensor if node is None else str(node.output[0])


def attribute(node: Node, name: str) -> Any:
    """An attribute of a node that is a number or a list of integers; None when it has none of this name."""
    for found in node.attribute:
        if found.name == name:
            return list(found.ints) if found.type == _ATTRIBUTE_INTS else found.f if found.type == _ATTRIBUTE_FLOAT else found.i
    return None


def _length_prefix(field: int, length: int) -> bytes:
    """The key of a length-delimited field and its length, as protobuf writes them."""
    prefix = bytearray([field << 3 | 2])
    while length >= 128:
        prefix.append(length & 127 | 128)
        length >>= 7
    return bytes([*prefix, length])


def _attribute(name: str, value: Attribute) -> Any:
    made = _message("Attribute")
    if isinstance(value, float):
        return made(name=name, f=value, type=_ATTRIBUTE_FLOAT)
    if isinstance(value, int):
        return made(name=name, i=value, type=_ATTRIBUTE_INT)
    return made(name=name, ints=value, type=_ATTRIBUTE_INTS)


@cache
def _pool() -> descriptor_pool.DescriptorPool:
    """The messages' descriptors, in a pool of their own: the package onnx may be loaded into the same process."""
    file = descriptor_pb2.FileDescriptorProto(name="onnx_subset.proto", package="onnx_subset", syntax="proto2")
    for name, fields in _MESSAGES.items():
        described = file.message_type.add(name=name)
        for field, number, kind in fields:
            label = _Field.LABEL_REPEATED if field.endswith("*") else _Field.LABEL_OPTIONAL
            made = described.field.add(name=field.removesuffix("*"), number=number, label=label)
            if isinstance(kind, str):
                made.type, made.type_name = _Field.TYPE_MESSAGE, f".onnx_subset.{kind}"
            else:
                made.type = kind
    pool = descriptor_pool.DescriptorPool()
    pool.Add(file)
    return pool


@cache
def _message(name: str) -> Any:
    """The class of a message."""
    return message_factory.GetMessageClass(_pool().FindMessageTypeByName(f"onnx_subset.{name}"))
