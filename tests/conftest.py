"""Fixtures that stand for real parts live in `tests/fixtures`, one module a part."""

pytest_plugins = [
    "tests.fixtures.postgres",
    "tests.fixtures.broker",
    "tests.fixtures.gateway",
    "tests.fixtures.gateway_app",
    "tests.fixtures.media",
    "tests.fixtures.models",
    "tests.fixtures.worker",
]
