"""A request in the model's terms: what it is asked to paint, and what of the request was changed or ignored for that."""

import copy
import threading
from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from services.core.model import Digest
from services.core.requests import KeyframeRequest
from services.model_service.engines.diffusion import sizes
from services.model_service.engines.diffusion.families import Family
from services.model_service.engines.diffusion.pieces import MOST_PIECES, pieces
from services.model_service.engines.picture.wording import worded


@dataclass(frozen=True, slots=True)
class Take:
    """One picture to paint. Sizes are pixels as painted; `prompt` and `negative` are in pieces that each fit the encoder."""

    prompt: tuple[str, ...]
    negative: tuple[str, ...]
    steps: int
    guidance: float
    width: int
    height: int
    seed: int
    references: tuple[Path, ...] = ()
    reference_digests: tuple[Digest, ...] = ()
    changed: tuple[str, ...] = ()

    @property
    def kind(self) -> Hashable:
        """Takes of equal kind can be painted together."""
        size = (self.width, self.height)
        return size, self.steps, self.guidance, len(self.prompt), bool(self.negative), self.reference_digests


class Tokens:
    """Counts a pipeline's tokens, for any thread, with copies of its tokenizers: a tokenizer serves one thread at a time."""

    def __init__(self, tokenizers: Sequence[Any]) -> None:
        self._tokenizers = [copy.deepcopy(tokenizer) for tokenizer in tokenizers]
        self._lock = threading.Lock()

    def room(self, length: int) -> int:
        """Tokens of words in a text of at most `length` tokens that every tokenizer's model takes at once.

        Its marks count too: two of CLIP's, at the start and the end, one of T5's.
        """
        with self._lock:
            rooms = (min(length, int(each.model_max_length)) - len(each("").input_ids) for each in self._tokenizers)
            return min(rooms, default=length)

    def count(self, text: str) -> int:
        """The most tokens that any of the tokenizers makes of it, without marks of start and end."""
        with self._lock:
            made = [tokenizer(text, add_special_tokens=False, verbose=False).input_ids for tokenizer in self._tokenizers]
        return max((len(ids) for ids in made), default=0)


class Mapper:
    """Requests into takes of one family. `steps` and `guidance` are for requests that name none, `negative` is for all."""

    def __init__(
        self, family: Family, tokens: Tokens, *, steps: int | None, guidance: float | None, negative: str, references: bool
    ) -> None:
        self._family = family
        self._tokens = tokens
        self._steps = min(steps or family.steps, family.most_steps)
        self._guidance = min(family.guidance if guidance is None else guidance, family.most_guidance)
        self._negative = negative.strip()
        self._references = references

    def take(self, request: KeyframeRequest, media: Callable[[Digest], Path]) -> Take:
        """`media` gives a local file of a digest; it is called for reference pictures alone."""
        family = self._family
        avoided = ", ".join(filter(None, (request.negative_prompt.strip(), self._negative)))
        words = worded(replace(request, negative_prompt=avoided), chinese=family.chinese)
        changed = list(words.changed)
        steps, guidance = self._effort(request, changed)
        prompt = self._read(words.prompt, "prompt", changed)
        negative: tuple[str, ...] = ()
        if words.negative:
            if family.negative and guidance > 1:
                negative = self._read(words.negative, "negative prompt", changed)
            else:
                unable = f"{family.name} takes none" if family.guided and not family.negative else "the model is not guided"
                changed.append(f"negative prompt: ignored ({unable})")
        longest = max(len(prompt), len(negative))
        width, height = sizes.native(request.width, request.height, family)
        if (width, height) != (request.width, request.height):
            changed.append(f"size: painted at {width}×{height}, scaled to {request.width}×{request.height}")
        digests = request.references
        if digests and not self._references:
            changed.append("references: ignored (no IP-Adapter is set)")
            digests = ()
        return Take(
            prompt=_padded(prompt, longest),
            negative=_padded(negative, longest) if negative else (),
            steps=steps,
            guidance=guidance,
            width=width,
            height=height,
            seed=request.seed,
            references=tuple(media(digest) for digest in digests),
            reference_digests=digests,
            changed=tuple(changed),
        )

    def _effort(self, request: KeyframeRequest, changed: list[str]) -> tuple[int, float]:
        family = self._family
        steps = self._steps if request.steps is None else min(request.steps, family.most_steps)
        if request.steps not in {None, steps}:
            changed.append(f"steps: {request.steps} → {steps} ({family.name} takes at most {family.most_steps})")
        asked = request.guidance_scale
        guidance = self._guidance if asked is None else min(asked, family.most_guidance)
        if asked not in {None, guidance}:
            reason = f"{family.name} takes at most {family.most_guidance:g}" if family.guided else f"{family.name} is not guided"
            changed.append(f"guidance: {asked:g} → {guidance:g} ({reason})")
        return steps, guidance

    def _read(self, text: str, name: str, changed: list[str]) -> tuple[str, ...]:
        """The text in pieces that the model reads, with a note of what it cannot read."""
        room = self._tokens.room(self._family.tokens)
        most = MOST_PIECES if self._family.text == "pieces" else 1
        read = pieces(text, self._tokens.count, room)
        if len(read) > most:
            lost = " ".join(read[most:])
            changed.append(f"{name}: cut after {most * room} tokens, before “{lost[:80]}”")
        return tuple(read[:most])


def _padded(texts: tuple[str, ...], count: int) -> tuple[str, ...]:
    return texts + ("",) * (count - len(texts))
