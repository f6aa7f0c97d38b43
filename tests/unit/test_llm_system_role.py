"""Models whose chat templates know no system message: its words go before the first question, now and in all later calls."""

from collections.abc import Sequence

import pytest

from services.model_service.engines.storyboard.llm.chat import Message, SystemRole

TALK = [
    Message("system", "You are a director."),
    Message("user", "A story."),
    Message("assistant", "{}"),
    Message("user", "Go on."),
]
FOLDED = [Message("user", "You are a director.\n\nA story."), Message("assistant", "{}"), Message("user", "Go on.")]


class Template:
    """A chat template: it renders what alternates between user and assistant, and refuses anything else in the given words."""

    def __init__(self, refusal: str = "", longest: int = 10) -> None:
        self.refusal = refusal
        self.longest = longest
        self.rendered: list[Sequence[Message]] = []

    async def render(self, told: Sequence[Message]) -> str:
        self.rendered.append(told)
        if self.refusal and [message.role for message in told] != ["user", "assistant", "user", "assistant"][: len(told)]:
            raise ValueError(self.refusal)
        if len(told) > self.longest:
            raise ValueError("the prompt is too long")
        return "\n".join(f"<{message.role}>{message.content}" for message in told)


async def test_a_template_that_knows_it_is_given_it() -> None:
    role, template = SystemRole(), Template()
    assert (await role.asked(TALK, template.render)).startswith("<system>You are a director.\n<user>A story.")
    assert template.rendered == [TALK]


@pytest.mark.parametrize(
    "refusal",
    [
        "System role not supported",  # Gemma
        "Conversation roles must alternate user/assistant/user/assistant/...",  # Mistral
        "Only user and assistant roles are supported!",
        "Unexpected role: 'system'",
    ],
)
async def test_a_template_that_refuses_it_is_asked_again_with_its_words_in_the_question(refusal: str) -> None:
    role, template = SystemRole(), Template(refusal)
    assert await role.asked(TALK, template.render) == "<user>You are a director.\n\nA story.\n<assistant>{}\n<user>Go on."
    assert template.rendered == [TALK, FOLDED]


async def test_later_conversations_are_folded_at_once() -> None:
    role, template = SystemRole(), Template("System role not supported")
    for _ in range(2):
        await role.asked(TALK[:2], template.render)
    assert [len(told) for told in template.rendered] == [2, 1, 1]
    assert role.told(TALK) == FOLDED


async def test_another_refusal_is_raised_and_nothing_is_folded() -> None:
    role, template = SystemRole(), Template(longest=1)
    with pytest.raises(ValueError, match="too long"):
        await role.asked(TALK, template.render)
    assert template.rendered == [TALK]
    assert role.told(TALK) == TALK


async def test_what_is_refused_without_a_system_message_too_is_raised() -> None:
    role = SystemRole()
    twice = [Message("system", "s"), Message("user", "one"), Message("user", "two")]
    template = Template("Conversation roles must alternate user/assistant/user/assistant/...")
    with pytest.raises(ValueError, match="alternate"):
        await role.asked(twice, template.render)
    assert len(template.rendered) == 2
    assert not role.refused(role.told(twice), "System role not supported")


async def test_two_that_are_refused_at_once_are_both_asked_again() -> None:
    role, template = SystemRole(), Template("System role not supported")
    first, second = role.told(TALK), role.told(TALK)
    assert role.refused(first, template.refusal)
    assert role.refused(second, template.refusal)
    assert await role.asked(TALK, template.render)
    assert template.rendered == [FOLDED]
