"""`docs/settings.md` names every setting, and is current."""

from scripts import settings_table


def test_the_page_is_current() -> None:
    assert settings_table.PAGE.read_text(encoding="utf-8") == settings_table.page(), "run `make docs`"


def test_every_variable_is_there_with_its_default() -> None:
    page = settings_table.page()
    for variable, default in {
        "STORYREEL_DATABASE_URL`, `DATABASE_URL": "`postgresql://storyreel@127.0.0.1:5432/storyreel`",
        "STORYREEL_SERVICES": "`storyboards,keyframes,clips,speech,films`",
        "STORYREEL_RESTART_LIMIT": "`10`",
        "STORYREEL_DATA": "see there",
    }.items():
        assert f"| `{variable}` | {default} |" in page


def test_no_variable_means_two_things() -> None:
    said: dict[str, set[str]] = {}
    for settings in settings_table.classes():
        prefix = str(settings.model_config.get("env_prefix"))
        for name, field in settings.model_fields.items():
            for variable in settings_table.variables(name, field, prefix).split(", "):
                said.setdefault(variable, set()).add(str(field.description))
    assert {variable: texts for variable, texts in said.items() if len(texts) > 1} == {}
