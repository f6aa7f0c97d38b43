"""Who a remote engine is: its provider, model and options, without its key."""

import hashlib
from collections.abc import Mapping
from typing import Any

from services.core import recipes
from services.core.model import Accepts, Engine


def identity(name: str, version: str, facts: Mapping[str, Any], accepts: Accepts | None = None) -> Engine:
    """`facts` are what decides a result beside the request: address, model, options. Never a secret."""
    return Engine(name, version, hashlib.sha256(recipes.canonical(facts)).hexdigest()[:16], accepts or Accepts())
