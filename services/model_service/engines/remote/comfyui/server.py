"""The calls of a ComfyUI server that one job needs."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from services.core.errors import EngineFailed, ResourceExhausted, StoryreelError
from services.model_service.engines.remote import refusals
from services.model_service.engines.remote.comfyui.workflow import Graph
from services.model_service.engines.remote.job_ids import job_id
from services.model_service.engines.remote.peer import Session

_FOLDER = "storyreel"
_LOOKED_THROUGH = 200
"""Ended jobs that are looked through for one whose id was never heard."""
_SAID = 300


@dataclass(frozen=True, slots=True)
class Made:
    """A file that a job has left on the server."""

    node: str
    filename: str
    subfolder: str
    folder: str

    @property
    def path(self) -> str:
        return "/view?" + urlencode({"filename": self.filename, "subfolder": self.subfolder, "type": self.folder})


class Server:
    """A server through an open session. `token` is an id of ours that each job carries, also where the server makes its own."""

    def __init__(self, name: str, session: Session) -> None:
        self._name = name
        self._session = session

    async def upload(self, filename: str, data: bytes) -> str:
        """Put a picture among the server's inputs; what a node that loads pictures is given for it."""
        files = {"image": (filename, data, "image/png"), "overwrite": (None, "true"), "subfolder": (None, _FOLDER)}
        answer = await self._session.json("POST", "/upload/image", files=files)
        if not isinstance(answer, Mapping) or not isinstance(answer.get("name"), str):
            raise refusals.unexpected(self._name, "name", answer)
        subfolder = answer.get("subfolder")
        return f"{subfolder}/{answer['name']}" if subfolder else str(answer["name"])

    async def submit(self, graph: Graph, token: str) -> str:
        """Put a job into the queue; its id, which is `token` where the server takes ids."""
        body = {"prompt": graph, "client_id": token, "prompt_id": token}
        return job_id(self._name, await self._session.json("POST", "/prompt", body, paid=True), "prompt_id")

    async def history(self, found: str) -> Mapping[str, Any] | None:
        """What is kept of an ended job; None before its end."""
        answer = await self._session.json("GET", f"/history/{found}")
        if not isinstance(answer, Mapping) or (answer and found not in answer):
            raise refusals.unexpected(self._name, f"{{}} or the history of {found}", answer)
        entry = answer.get(found)
        return entry if isinstance(entry, Mapping) else None

    async def queued(self, found: str) -> bool:
        """Whether a job runs or waits."""
        return any(found in (item.found, item.token) for item in await self._queue())

    async def running(self, found: str) -> bool:
        return any(item.found == found and item.running for item in await self._queue())

    async def known(self, token: str) -> str | None:
        """The id of the job that carries `token`, ended or not."""
        if await self.history(token) is not None:
            return token
        for item in await self._queue():
            if token in (item.found, item.token):
                return item.found
        ended = await self._session.json("GET", "/history", params={"max_items": _LOOKED_THROUGH})
        entries = ended.items() if isinstance(ended, Mapping) else ()
        for found, entry in entries:
            prompt = entry.get("prompt") if isinstance(entry, Mapping) else None
            carried = _item(prompt, running=False)
            if carried is not None and carried.token == token:
                return str(found)
        return None

    async def cancel(self, found: str) -> None:
        """Take a job out of the queue, or stop it where it runs; another's is left alone."""
        await self._session.call("POST", "/queue", json={"delete": [found]})
        if await self.running(found):
            await self._session.call("POST", "/interrupt", json={"prompt_id": found})

    async def fetch(self, made: Made, to: Path, largest: int | None) -> None:
        """The file, of at most `largest` bytes where that is less than any file's bound."""
        await self._session.fetch(made.path, to, largest)

    async def _queue(self) -> list["_Item"]:
        answer = await self._session.json("GET", "/queue")
        if not isinstance(answer, Mapping):
            raise refusals.unexpected(self._name, "queue_running and queue_pending", answer)
        found = []
        for key, running in (("queue_running", True), ("queue_pending", False)):
            entries = answer.get(key)
            if not isinstance(entries, list):
                raise refusals.unexpected(self._name, key, answer)
            found += [item for entry in entries if (item := _item(entry, running=running)) is not None]
        return found


@dataclass(frozen=True, slots=True)
class _Item:
    found: str
    token: str
    running: bool


def _item(entry: Any, *, running: bool) -> _Item | None:
    """An entry of the queue: its number, id, workflow and extra data, and more that does not matter here."""
    if not isinstance(entry, list) or len(entry) < 4 or not isinstance(entry[1], str):
        return None
    extra = entry[3]
    token = extra.get("client_id") if isinstance(extra, Mapping) else None
    return _Item(entry[1], str(token or ""), running)


def files(entry: Mapping[str, Any], node: str | None) -> list[Made]:
    """What an ended job has made, of one node or of all; what is kept comes before what is only a preview."""
    found = list(_made(entry.get("outputs"), node))
    return sorted(found, key=lambda made: made.folder != "output")


def _made(outputs: Any, wanted: str | None) -> Iterator[Made]:
    if not isinstance(outputs, Mapping):
        return
    for node, output in outputs.items():
        if wanted not in (None, node) or not isinstance(output, Mapping):
            continue
        for entries in output.values():
            for entry in entries if isinstance(entries, list) else ():
                if isinstance(entry, Mapping) and isinstance(entry.get("filename"), str):
                    subfolder, folder = str(entry.get("subfolder") or ""), str(entry.get("type") or "output")
                    yield Made(str(node), entry["filename"], subfolder, folder)


def failure(name: str, found: str, entry: Mapping[str, Any]) -> StoryreelError | None:
    """Why an ended job has failed; None where it has not."""
    status = entry.get("status")
    if not isinstance(status, Mapping) or status.get("status_str") != "error":
        return None
    messages = status.get("messages")
    for message in messages if isinstance(messages, list) else ():
        if not isinstance(message, list) or len(message) != 2 or not isinstance(message[1], Mapping):
            continue
        kind, data = message
        if kind == "execution_interrupted":
            return EngineFailed("PEER_JOB_FAILED", engine=name, id=found, problem="it was interrupted on the server")
        if kind == "execution_error":
            said = str(data.get("exception_message") or "").strip()[:_SAID]
            problem = f"node {data.get('node_id')} ({data.get('node_type')}): {data.get('exception_type')}: {said}"
            if "OutOfMemory" in str(data.get("exception_type")):
                return ResourceExhausted("PEER_BUSY", engine=name, problem=problem)
            return EngineFailed("PEER_JOB_FAILED", engine=name, id=found, problem=problem)
    return EngineFailed("PEER_JOB_FAILED", engine=name, id=found, problem="the server does not say why")


def judge(name: str) -> Any:
    """A workflow that the server refuses, with what it says of each node."""

    def judged(status: int, body: bytes) -> StoryreelError | None:
        try:
            answer = refusals.parsed(body)
        except ValueError:
            return None
        nodes = answer.get("node_errors") if isinstance(answer, Mapping) else None
        if status != 400 or not isinstance(nodes, Mapping) or not nodes:
            return None
        return EngineFailed("PEER_REFUSED", engine=name, status=status, problem="; ".join(_node_errors(nodes))[:_SAID])

    return judged


def _node_errors(nodes: Mapping[str, Any]) -> Iterator[str]:
    for node, found in nodes.items():
        errors = found.get("errors") if isinstance(found, Mapping) else None
        for error in errors if isinstance(errors, list) else ():
            if isinstance(error, Mapping):
                yield f"node {node} ({found.get('class_type')}): {error.get('message')} {error.get('details') or ''}".strip()
