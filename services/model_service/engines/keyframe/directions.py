"""Stage directions: how each action is played."""

from collections.abc import Mapping

from services.core.vocabulary import Mood

YAWS: Mapping[str, float] = {
    "walking": 58,
    "running": 74,
    "climbing": 84,
    "pointing": 60,
    "fishing": 66,
    "working": 62,
    "kneeling": 56,
    "crying": 38,
    "reading": 36,
    "sitting": 46,
    "sleeping": 90,
    "looking up": 58,
    "gazing": 52,
    "waving": 18,
    "holding": 38,
    "raising": 44,
    "praying": 52,
    "dancing": 28,
    "jumping": 20,
    "talking": 52,
    "fighting": 70,
    "hugging": 74,
    "holding hands": 22,
    "rowing": 84,
    "riding": 84,
    "smiling": 24,
    "falling": 74,
}
"""How far somebody is turned from the viewer, in degrees."""
FEELING_OF: Mapping[str, str] = {
    "crying": "crying",
    "fighting": "angry",
    "hugging": "tender",
    "sleeping": "asleep",
    "dancing": "happy",
    "jumping": "laughing",
    "praying": "asleep",
    "running": "determined",
    "climbing": "determined",
    "reading": "reading",
    "waving": "happy",
    "smiling": "happy",
    "talking": "talking",
    "looking up": "wondering",
    "falling": "afraid",
    "holding hands": "happy",
    "working": "determined",
}
"""What a face says by what somebody does."""
FEELING_OF_MOOD: Mapping[Mood, str] = {
    Mood.TENSE: "determined",
    Mood.LONELY: "sad",
    Mood.DESPAIR: "sad",
    Mood.HOPE: "calm",
    Mood.WARM: "happy",
    Mood.JOY: "happy",
    Mood.WONDER: "wondering",
    Mood.EPIC: "determined",
}
TOGETHER = frozenset(
    {
        "walking",
        "running",
        "climbing",
        "jumping",
        "looking up",
        "gazing",
        "sitting",
        "kneeling",
        "praying",
        "sleeping",
        "smiling",
        "rowing",
        "waving",
    }
)
"""What all of a group do when one does it."""
OF_ONE: Mapping[str, str] = {"fighting": "striking", "hugging": "holding", "holding hands": "standing"}
"""What somebody alone does instead."""
