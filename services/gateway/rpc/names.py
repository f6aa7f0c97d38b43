"""Resource names as calls have them: `operations/…`, `stories/…`, `stories/…/shots/…`."""

from uuid import UUID

from services.core.errors import InvalidArgument
from services.core.model import OperationId, ShotId, StoryId
from services.gateway.uuids import parse_uuid
from services.gateway.validation import quote


def operation_id(name: str) -> OperationId:
    """Raises InvalidArgument BAD_NAME."""
    return OperationId(_ids(name, "operations", field="name")[0])


def story_id(name: str, *, field: str = "name") -> StoryId:
    """Raises InvalidArgument BAD_NAME."""
    return StoryId(_ids(name, "stories", field=field)[0])


def shot_ids(name: str, *, field: str = "name") -> tuple[StoryId, ShotId]:
    """Raises InvalidArgument BAD_NAME."""
    story, shot = _ids(name, "stories", "shots", field=field)
    return StoryId(story), ShotId(shot)


def _ids(name: str, *collections: str, field: str) -> tuple[UUID, ...]:
    parts = name.split("/")
    found = [parse_uuid(part) for part in parts[1::2]]
    ids = tuple(uuid for uuid in found if uuid is not None)
    if tuple(parts[::2]) != collections or len(ids) != len(collections):
        form = "/".join(f"{collection}/<id>" for collection in collections)
        raise InvalidArgument("BAD_NAME", field=field, form=form, found=quote(name))
    return ids
