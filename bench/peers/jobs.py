"""The job that does nothing, as each peer is told of it. Runs in the peers' environment, in the client and in the worker.

`BENCH_URL` says where the peer's server is, `BENCH_PEER` whose worker this process is, if any, and `BENCH_OUT` the file to which
every job adds when it was asked for and when it began: two nanoseconds of the clock that all processes of a machine share.
"""

import os
import time
from typing import Any

import procrastinate
from celery import Celery
from kafka.admin import NewTopic
from taskiq_aio_kafka import AioKafkaBroker

OUT = os.environ["BENCH_OUT"]
URL = os.environ["BENCH_URL"]


def record(asked: int) -> None:
    # One append of less than a page: whole lines, however many workers write.
    file = os.open(OUT, os.O_WRONLY | os.O_APPEND | os.O_CREAT)
    os.write(file, b"%d %d\n" % (asked, time.monotonic_ns()))
    os.close(file)


async def nothing(asked: int) -> None:
    record(asked)


def procrastinate_app() -> tuple[Any, Any]:
    """The app and its task: jobs are rows of Postgres, and workers are told by NOTIFY."""
    app = procrastinate.App(connector=procrastinate.PsycopgConnector(conninfo=URL, min_size=4, max_size=16))
    return app, app.task(name="nothing")(nothing)


def taskiq_broker() -> tuple[Any, Any]:
    """The broker and its task: jobs are records of Kafka, acknowledged by all replicas."""
    topic = NewTopic(name="taskiq", num_partitions=4, replication_factor=1)
    broker = AioKafkaBroker(bootstrap_servers=URL, kafka_topic=topic)
    broker.configure_producer(acks="all", linger_ms=0)
    broker.configure_consumer(group_id="taskiq", fetch_max_wait_ms=5, auto_offset_reset="earliest")
    return broker, broker.task(task_name="nothing")(nothing)


def celery_app() -> tuple[Any, Any]:
    """The app and its task: jobs are entries of a Redis list."""
    app = Celery("peers", broker=URL)
    app.conf.update(task_ignore_result=True, worker_prefetch_multiplier=4, broker_connection_retry_on_startup=True)
    return app, app.task(name="nothing")(record)


APPS = {"procrastinate": procrastinate_app, "taskiq": taskiq_broker, "celery": celery_app}

if peer := os.environ.get("BENCH_PEER"):
    worker, _ = APPS[peer]()
