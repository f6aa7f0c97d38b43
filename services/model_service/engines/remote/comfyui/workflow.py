"""A workflow file in ComfyUI's API format, and the places in it that a request's values go to.

A place is a node's title, `storyreel: seed steps cfg`, or text such as `{{prompt}}` in one of its inputs.
"""

import copy
import hashlib
import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from services.core.errors import EngineFailed

Graph = dict[str, dict[str, Any]]

_TEXTS = ("text", "prompt", "string", "value")
NAMES: Mapping[str, tuple[str, ...]] = {
    "prompt": _TEXTS,
    "negative": ("negative_prompt", *_TEXTS),
    "seed": ("seed", "noise_seed", "value"),
    "width": ("width", "value"),
    "height": ("height", "value"),
    "steps": ("steps", "value"),
    "cfg": ("cfg", "guidance", "guidance_scale", "value"),
    "image": ("image",),
    "last": ("image",),
    "frames": ("length", "frames", "num_frames", "video_frames", "value"),
    "fps": ("fps", "frame_rate", "value"),
}
"""What a request has, and the inputs that a titled node may take it by; the first that the node has is used."""
_OPTIONAL = frozenset(("steps", "cfg", "image", "last"))
"""Values that a request may lack: the workflow's own stays."""
_OUTPUT = "output"
_TITLE = "storyreel:"
_HOLE = re.compile(r"\{\{\s*([a-z_]+)\s*(?::([^{}]*))?\}\}")
_LARGEST = 16 * 1024 * 1024
_WEIGHTS = (".safetensors", ".ckpt", ".gguf", ".sft", ".pt", ".pth")


@dataclass(frozen=True, slots=True)
class Place:
    """An input of a node."""

    node: str
    input: str


class Workflow:
    """A checked workflow: `names` are the values it takes, `output` the node whose files are wanted, where one is titled so."""

    def __init__(self, graph: Graph, digest: str, problem: "Problem") -> None:
        self.digest = digest
        self.output: str | None = None
        self._graph = graph
        self._titled: dict[str, list[Place]] = {}
        self._holed: list[Place] = []
        self.names: set[str] = set()
        for node in graph:
            self._read_title(node, problem)
            self._read_holes(node, problem)

    @property
    def nodes(self) -> int:
        return len(self._graph)

    @property
    def model(self) -> str:
        """The first file of weights that it names."""
        texts = (value for node in self._graph.values() for value in node["inputs"].values() if isinstance(value, str))
        return next((text for text in texts if text.endswith(_WEIGHTS)), "")

    def filled(self, values: Mapping[str, Any]) -> Graph:
        """The workflow with the values in their places. What is None, or not given, stays as it is in the file."""
        given = {name: value for name, value in values.items() if value is not None}
        graph = copy.deepcopy(self._graph)
        for place in self._holed:
            graph[place.node]["inputs"][place.input] = _patched(graph[place.node]["inputs"][place.input], given)
        for name, places in self._titled.items():
            for place in places:
                if name in given:
                    graph[place.node]["inputs"][place.input] = given[name]
        return graph

    def _read_title(self, node: str, problem: "Problem") -> None:
        meta = self._graph[node].get("_meta")
        title = str(meta.get("title") or "") if isinstance(meta, Mapping) else ""
        if not title.strip().lower().startswith(_TITLE):
            return
        inputs = self._graph[node]["inputs"]
        for word in title.strip()[len(_TITLE) :].replace(",", " ").split():
            name, _, chosen = word.partition("=")
            if name == _OUTPUT:
                if self.output is not None:
                    raise problem.of(f"the nodes {self.output} and {node} are both titled as the output")
                self.output = node
                continue
            if name not in NAMES:
                raise problem.of(f"the title of node {node} names {name!r}; known are {', '.join([*NAMES, _OUTPUT])}")
            place = chosen or next((known for known in NAMES[name] if known in inputs), "")
            if place not in inputs:
                wanted = chosen or " or ".join(NAMES[name])
                raise problem.of(f"node {node} ({self._graph[node]['class_type']}) is titled {name} and has no input {wanted}")
            if isinstance(inputs[place], list):
                raise problem.of(f"the input {place} of node {node} comes from another node; title that one {name}")
            self._titled.setdefault(name, []).append(Place(node, place))
            self.names.add(name)

    def _read_holes(self, node: str, problem: "Problem") -> None:
        for name, value in self._graph[node]["inputs"].items():
            if not isinstance(value, str) or "{{" not in value:
                continue
            for found in _HOLE.finditer(value):
                if found[1] not in NAMES:
                    raise problem.of(f"node {node} has the placeholder {found[0]}; known are {', '.join(NAMES)}")
                if found[1] in _OPTIONAL and found[2] is None:
                    raise problem.of(f"node {node}: a request may have no {found[1]}, so write {{{{{found[1]}:…}}}} with a default")
                self.names.add(found[1])
            self._holed.append(Place(node, name))


@dataclass(frozen=True, slots=True)
class Problem:
    """Says what is wrong with whose file."""

    engine: str
    file: Path

    def of(self, text: str) -> EngineFailed:
        return EngineFailed("WORKFLOW_UNUSABLE", engine=self.engine, file=str(self.file), problem=text)


def load(engine: str, file: Path, *, needed: str) -> Workflow:
    """Read and check a workflow that must take the value `needed`. Raises EngineFailed WORKFLOW_UNUSABLE."""
    problem = Problem(engine, file)
    try:
        if file.stat().st_size > _LARGEST:
            raise problem.of(f"it has more than {_LARGEST} bytes")
        data = file.read_bytes()
        graph = json.loads(data)
    except OSError as error:
        raise problem.of(error.strerror or str(error)) from error
    except ValueError as error:
        raise problem.of(f"it is no JSON ({error})") from error
    for fault in _faults(graph):
        raise problem.of(fault)
    workflow = Workflow(graph, hashlib.sha256(data).hexdigest(), problem)
    if needed not in workflow.names:
        raise problem.of(f"no node is titled '{_TITLE} {needed}', and none has the placeholder {{{{{needed}}}}}")
    return workflow


def _faults(graph: Any) -> Iterator[str]:
    if not isinstance(graph, dict) or not graph:
        yield "it is no object of nodes"
        return
    if isinstance(graph.get("nodes"), list):
        yield "it is in the editor's format; save it with 'Export (API)'"
    for name, node in graph.items():
        if not isinstance(node, dict) or not isinstance(node.get("class_type"), str) or not isinstance(node.get("inputs"), dict):
            yield f"node {name} has no class_type and inputs"
            return
    for name, node in graph.items():
        for key, value in node["inputs"].items():
            if isinstance(value, list) and len(value) == 2 and isinstance(value[0], str) and value[0] not in graph:
                yield f"the input {key} of node {name} comes from node {value[0]}, which is not there"


def _patched(text: str, values: Mapping[str, Any]) -> Any:
    """The text with its holes filled; a text that is one hole becomes the value itself, a number stays one."""
    whole = _HOLE.fullmatch(text.strip())
    if whole is not None:
        return values.get(whole[1], _typed(whole[2] or ""))
    return _HOLE.sub(lambda found: str(values.get(found[1], found[2] or "")), text)


def _typed(text: str) -> Any:
    try:
        value = json.loads(text)
    except ValueError:
        return text
    return value if isinstance(value, int | float) else text
