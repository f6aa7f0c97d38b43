"""Stories for the tiny model, and how to tell what it wrote of them."""

import re
from collections.abc import Mapping
from typing import Any

from services.core.model import Language
from tests.vllm.words import WORDS

STORIES: Mapping[Language, str] = {
    Language.EN: "A lamp burns on the quay. A boat comes home through the fog. The keeper sees it and waves.",
    Language.ZH: "码头上亮着一盏灯。一条小船穿过大雾回家了。守灯人看见了它，向它挥手。",
}


def written_by_the_model(shot: Mapping[str, Any]) -> bool:
    """Whether a shot says something that its story does not."""
    told = " ".join(str(shot[name]) for name in ("title", "description", "details", "narration") if name in shot)
    return bool(WORDS & set(re.findall(r"[a-z]+", told.lower())))
