"""JSON lines on stderr, the same for every deployable: one event a line, with the service's name and the bound context."""

import logging
import sys

import structlog


def configure(service: str, level: str = "INFO") -> None:
    """Send structlog's and the standard library's records to stderr as JSON. Called once, by a deployable's `__main__`."""
    shared: list[structlog.types.Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.stdlib.PositionalArgumentsFormatter(),
        structlog.processors.StackInfoRenderer(),
        structlog.processors.format_exc_info,
        _named(service),
    ]
    renderer = structlog.processors.JSONRenderer(ensure_ascii=False)
    structlog.configure(
        processors=[*shared, renderer],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=_Lines,
        cache_logger_on_first_use=True,
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(structlog.stdlib.ProcessorFormatter(processor=renderer, foreign_pre_chain=shared))
    root = logging.getLogger()
    root.handlers = [handler]
    root.setLevel(level)
    # aiokafka repeats every failed connection attempt at ERROR while a broker is away; the adapter logs the fact once.
    logging.getLogger("aiokafka").setLevel(logging.CRITICAL)


class _Lines(structlog.WriteLogger):
    """Takes structlog's finished lines. The standard library would look for the caller of each, and make a record of it."""

    def __init__(self, name: str = "") -> None:
        super().__init__(sys.stderr)
        self.name = name


def _named(service: str) -> structlog.types.Processor:
    def add(_logger: object, _method: str, event: structlog.types.EventDict) -> structlog.types.EventDict:
        return {"service": service, **event}

    return add
