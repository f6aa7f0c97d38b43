"""What every document of the stories dialect keeps to."""

import re
from datetime import datetime
from typing import Any

TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d+(\+|-)\d\d:\d\d")


def has_all(document: dict[str, Any], keys: str) -> None:
    assert set(keys.split()) <= set(document)


def is_time(text: str) -> None:
    assert TIME.fullmatch(text), text
    assert datetime.fromisoformat(text).tzinfo is not None
