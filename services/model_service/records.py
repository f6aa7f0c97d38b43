"""What was made, as the object store remembers it: an artifact's document is written last, after all of its media."""

import asyncio
import json

import structlog

from services.core import codec
from services.core.errors import EngineFailed, NotFound
from services.core.model import Artifact, Engine, Key
from services.core.ports import Media
from services.model_service.engine import Output

_log = structlog.get_logger(__name__)

_PARTS = {
    "keyframe": ("image",),
    "clip": ("video",),
    "speech": ("audio",),
    "card": ("video",),
    "segment": ("video",),
    "transition": ("video",),
    "soundtrack": ("audio",),
    "film": ("video",),
}
_FACTS = {
    "storyboard": ("storyboard",),
    "rewrite": ("draft",),
    "speech": ("seconds", "words"),
    "soundtrack": ("seconds",),
    "film": ("seconds",),
}


class Records:
    """Artifacts by key."""

    def __init__(self, media: Media) -> None:
        self._media = media

    async def find(self, key: Key) -> Artifact | None:
        """The artifact, if it was recorded and the store still has all of its media at their full size."""
        document = await self._media.document(_name(key))
        if document is None:
            return None
        try:
            artifact = codec.artifact_from_json(json.loads(document))
        except (ValueError, KeyError, TypeError) as error:
            _log.warning("an artifact's document cannot be read; it is made again", key=key, problem=repr(error))
            return None
        try:
            sizes = await asyncio.gather(*(self._media.size(ref.digest) for ref in artifact.parts.values()))
        except NotFound:
            return None
        whole = all(size == ref.size for size, ref in zip(sizes, artifact.parts.values(), strict=True))
        return artifact if whole else None

    async def keep(self, key: Key, kind: str, engine: Engine, output: Output, seconds: float) -> Artifact:
        """Store what an engine made, then its document. Nothing is recorded unless all of it is stored.

        Raises EngineFailed when the output lacks what its kind promises; ResourceExhausted STORAGE_FULL, Unavailable.
        """
        missing = [name for name in _PARTS.get(kind, ()) if name not in output.files]
        missing += [name for name in _FACTS.get(kind, ()) if name not in output.meta]
        if missing:
            raise EngineFailed("ENGINE_FAILED", engine=engine.name, problem=f"its {kind} lacks {', '.join(missing)}")
        parts = {name: await self._media.put(made.path, made.content_type) for name, made in output.files.items()}
        artifact = Artifact(key, kind, engine, parts, output.meta, round(seconds, 3))
        try:
            document = json.dumps(codec.artifact_to_json(artifact), ensure_ascii=False, allow_nan=False).encode()
        except (TypeError, ValueError) as error:
            raise EngineFailed("ENGINE_FAILED", engine=engine.name, problem=f"its facts are not JSON ({error})") from error
        await self._media.put_document(_name(key), document)
        # Read back from the document, so that the first answer is the one that all later ones give.
        return codec.artifact_from_json(json.loads(document))


def _name(key: Key) -> str:
    return f"artifacts/{key}.json"
