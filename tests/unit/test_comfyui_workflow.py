"""ComfyUI workflow files: where a request's values go, and what is said of files that cannot be used."""

import json
from pathlib import Path
from typing import Any

import pytest

from services.core.errors import EngineFailed
from services.core.model import Language
from services.model_service.engines.remote.comfyui import workflow as workflows
from services.model_service.engines.remote.comfyui.workflow import Workflow

GRAPH: dict[str, Any] = {
    "3": {
        "class_type": "KSampler",
        "inputs": {"seed": 1, "steps": 20, "cfg": 7.5, "model": ["4", 0], "positive": ["6", 0], "negative": ["7", 0]},
        "_meta": {"title": "storyreel: seed steps cfg"},
    },
    "4": {"class_type": "CheckpointLoaderSimple", "inputs": {"ckpt_name": "sd15.safetensors"}},
    "5": {
        "class_type": "EmptyLatentImage",
        "inputs": {"width": 512, "height": 512, "batch_size": 1},
        "_meta": {"title": "Storyreel: width, height"},
    },
    "6": {"class_type": "CLIPTextEncode", "inputs": {"text": "{{prompt}}, best quality", "clip": ["4", 1]}},
    "7": {"class_type": "CLIPTextEncode", "inputs": {"text": "ugly", "clip": ["4", 1]}, "_meta": {"title": "storyreel:negative"}},
    "9": {
        "class_type": "SaveImage",
        "inputs": {"images": ["3", 0], "filename_prefix": "x"},
        "_meta": {"title": "storyreel: output"},
    },
}


def load(tmp_path: Path, graph: Any, needed: str = "prompt") -> Workflow:
    file = tmp_path / "workflow.json"
    file.write_text(graph if isinstance(graph, str) else json.dumps(graph), encoding="utf-8")
    return workflows.load("comfyui", file, needed=needed)


def changed(**nodes: Any) -> dict[str, Any]:
    graph: dict[str, Any] = json.loads(json.dumps(GRAPH))
    for name, node in nodes.items():
        graph[name.removeprefix("n")] = node
    return graph


def test_values_go_to_their_places(tmp_path: Path) -> None:
    workflow = load(tmp_path, GRAPH)
    filled = workflow.filled({"prompt": "a lighthouse", "negative": "", "seed": 7, "width": 1280, "height": 720, "steps": None})
    assert filled["6"]["inputs"]["text"] == "a lighthouse, best quality"
    assert filled["7"]["inputs"]["text"] == ""
    assert filled["3"]["inputs"] | {"seed": 1} == GRAPH["3"]["inputs"]
    assert filled["3"]["inputs"]["seed"] == 7
    assert filled["5"]["inputs"] == {"width": 1280, "height": 720, "batch_size": 1}
    assert (workflow.output, workflow.model) == ("9", "sd15.safetensors")
    assert workflow.names == {"prompt", "negative", "seed", "width", "height", "steps", "cfg"}
    assert workflow.filled({}) != filled  # the file's own values are left as they were


def test_a_placeholder_alone_keeps_its_type_and_may_have_a_default(tmp_path: Path) -> None:
    sampler = {"class_type": "KSampler", "inputs": {"seed": "{{seed}}", "steps": "{{steps:12}}", "cfg": "{{ cfg:1.5 }}"}}
    workflow = load(tmp_path, changed(n3=sampler))
    assert workflow.filled({"seed": 5})["3"]["inputs"] == {"seed": 5, "steps": 12, "cfg": 1.5}
    assert workflow.filled({"seed": 5, "steps": 3, "cfg": 2})["3"]["inputs"] == {"seed": 5, "steps": 3, "cfg": 2}


def test_a_prompt_is_no_placeholder_itself(tmp_path: Path) -> None:
    filled = load(tmp_path, GRAPH).filled({"prompt": "{{seed}} \\1 {{negative}}", "seed": 9})
    assert filled["6"]["inputs"]["text"] == "{{seed}} \\1 {{negative}}, best quality"


def test_a_title_may_name_the_input(tmp_path: Path) -> None:
    node = {"class_type": "Custom", "inputs": {"text": "a", "words": "b"}, "_meta": {"title": "storyreel: prompt=words"}}
    filled = load(tmp_path, changed(n6=node)).filled({"prompt": "p"})
    assert filled["6"]["inputs"] == {"text": "a", "words": "p"}


@pytest.mark.parametrize(
    ("graph", "said"),
    [
        ("{", "no JSON"),
        ("[]", "no object of nodes"),
        ({}, "no object of nodes"),
        ({"nodes": [], "links": []}, "Export \\(API\\)"),
        ({"1": {"inputs": {}}}, "node 1 has no class_type"),
        ({"1": {"class_type": "X", "inputs": {"a": ["2", 0]}}}, "comes from node 2, which is not there"),
        ({"1": {"class_type": "X", "inputs": {"a": 1}}}, "no node is titled 'storyreel: prompt'"),
        (changed(n8={"class_type": "X", "inputs": {}, "_meta": {"title": "storyreel: sed"}}), "names 'sed'"),
        (changed(n8={"class_type": "X", "inputs": {}, "_meta": {"title": "storyreel: seed"}}), "has no input seed or noise_seed"),
        (changed(n8={"class_type": "X", "inputs": {"a": 1}, "_meta": {"title": "storyreel: seed=b"}}), "has no input b"),
        (
            changed(n8={"class_type": "X", "inputs": {"seed": ["3", 0]}, "_meta": {"title": "storyreel: seed"}}),
            "comes from another node",
        ),
        (changed(n8={"class_type": "X", "inputs": {}, "_meta": {"title": "storyreel: output"}}), "both titled as the output"),
        (changed(n8={"class_type": "X", "inputs": {"a": "{{promt}}"}}), "placeholder {{promt}}"),
        (changed(n8={"class_type": "X", "inputs": {"a": "{{steps}}"}}), "with a default"),
    ],
)
def test_what_is_wrong_is_said(graph: Any, said: str, tmp_path: Path) -> None:
    with pytest.raises(EngineFailed, match=said) as caught:
        load(tmp_path, graph)
    assert caught.value.reason == "WORKFLOW_UNUSABLE"
    assert "workflow.json" in str(caught.value)
    assert "workflow.json" in caught.value.message(Language.ZH)


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(EngineFailed, match="No such file"):
        workflows.load("comfyui", tmp_path / "none.json", needed="prompt")
