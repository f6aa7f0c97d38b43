"""A page of operations costs the same however many there are: it reads an index from where the page begins, and hardly more rows
than it shows. Checked by what Postgres says it has really done.
"""

import json
from collections.abc import AsyncIterator, Iterator, Sequence
from typing import Any

import asyncpg
import pytest
import pytest_asyncio

from services.adapters.postgres import rows
from services.adapters.postgres.database import SESSION, named_queries
from services.adapters.postgres.listing import PLANNED_ANEW, page
from services.adapters.postgres.migrate import Connection, migrate
from services.core import outlook
from services.core.filter_syntax import parse
from services.core.ordering import Place, parse_order, place_of
from services.core.ports import OperationFilter
from tests.filled import BUSIEST, PAUSED, QUEUED, RUNNING, fill

OPERATIONS = 20_000
PAGE = 20
UNFINISHED = QUEUED + RUNNING + PAUSED

pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def filled(postgres_server: str) -> AsyncIterator[Connection]:
    name = "storyreel_listing_plans"
    admin = await asyncpg.connect(postgres_server)
    await admin.execute(f"DROP DATABASE IF EXISTS {name}")
    await admin.execute(f"CREATE DATABASE {name}")
    connection = await asyncpg.connect(postgres_server.rsplit("/", 1)[0] + f"/{name}", server_settings=SESSION)
    await migrate(connection)
    await fill(connection, OPERATIONS)
    yield connection
    await connection.close()
    await admin.execute(f"DROP DATABASE {name}")
    await admin.close()


async def done(connection: Connection, sql: str, parameters: list[Any], *, first: str = PLANNED_ANEW) -> list[dict[str, Any]]:
    """The nodes of the plan, with how many rows each has read or thrown away; `first` is said in the same transaction."""
    async with connection.transaction():
        await connection.execute(first)
        text = await connection.fetchval(f"EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON) {sql}", *parameters)
    return list(nodes(json.loads(text)[0]["Plan"]))


def nodes(plan: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield plan
    for child in plan.get("Plans", ()):
        yield from nodes(child)


def rows_read(node: dict[str, Any]) -> float:
    """From an index or a table."""
    if "Relation Name" not in node and "Index Name" not in node:
        return 0
    thrown_away = sum(node.get(f"Rows Removed by {why}", 0) for why in ("Filter", "Index Recheck"))
    return float((node["Actual Rows"] + thrown_away) * node["Actual Loops"])


def told(found: list[dict[str, Any]]) -> str:
    return "\n".join(
        f"{node['Node Type']} {node.get('Index Name', '')} {node['Actual Rows']} read {rows_read(node)}" for node in found
    )


async def half_way(connection: Connection, order: Sequence[str]) -> Place:
    """The place of an operation that is neither old nor new."""
    row = await connection.fetchrow(
        "SELECT * FROM operations WHERE user_id = $1 AND finished_at IS NOT NULL ORDER BY id OFFSET $2 LIMIT 1",
        BUSIEST,
        OPERATIONS // 4,
    )
    return place_of(rows.operation(row), order)


@pytest.mark.parametrize(
    ("order", "filter_", "index", "most"),
    [
        ("create_time desc", "", "operations_by_creation", PAGE),
        ("create_time", "", "operations_by_creation", PAGE),
        ("update_time desc", "", "operations_by_end", PAGE + UNFINISHED),
        ("update_time", "", "operations_by_end", PAGE + UNFINISHED),
        ("start_time desc", "", "operations_by_start", PAGE + UNFINISHED),
        ("start_time", "", "operations_by_start", PAGE + UNFINISHED),
        ("end_time desc", "", "operations_by_end", PAGE + UNFINISHED),
        ("end_time", "", "operations_by_end", PAGE + UNFINISHED),
        ("priority desc", "", "operations_by_priority", PAGE + UNFINISHED),
        ("priority", "", "operations_by_priority", PAGE + UNFINISHED),
        ("create_time desc", "status = failed", "operations_gone_wrong", PAGE),
        ("create_time desc", "status = cancelled AND type = story_create", "operations_gone_wrong", 5 * PAGE),
        ("create_time desc", "error.reason = ENGINE_FAILED", "operations_by_error", PAGE),
        ("create_time desc", "error.reason = CANCELLED AND type = story_create", "operations_by_error", 5 * PAGE),
        ("create_time desc", "type = video_render", "operations_by_creation", 5 * PAGE),
        ("create_time desc", "create_time < 2026-01-01", "operations_by_creation", PAGE),
        ("create_time desc", "end_time > 2999-01-01", "operations_by_end", PAGE),
        ("create_time desc", "end_time < 2000-01-01", "operations_by_end", PAGE),
    ],
)
@pytest.mark.parametrize("begun", [False, True])
async def test_a_page_reads_hardly_more_than_it_shows(  # noqa: PLR0917 -- its parameters
    filled: Connection, begun: bool, order: str, filter_: str, index: str, most: int
) -> None:
    where = OperationFilter(where=parse(filter_), order_by=parse_order(order))
    after = await half_way(filled, where.order_by) if begun else None
    found = await done(filled, *page(BUSIEST, limit=PAGE, after=after, where=where))
    assert "Seq Scan" not in {node["Node Type"] for node in found}
    assert max(rows_read(node) for node in found) <= most, told(found)
    assert index in {node.get("Index Name") for node in found}, told(found)


@pytest.mark.parametrize(
    ("filter_", "most"),
    [
        ("status = queued", QUEUED),
        ("status = running", RUNNING),
        ("status = paused", PAUSED),
        ("done = false", UNFINISHED),
        ("done = false AND worker : replica", UNFINISHED),
    ],
)
@pytest.mark.parametrize("order", ["create_time desc", "priority desc, create_time", "end_time desc"])
async def test_what_has_not_ended_is_found_among_itself(filled: Connection, order: str, filter_: str, most: int) -> None:
    where = OperationFilter(where=parse(filter_), order_by=parse_order(order))
    found = await done(filled, *page(BUSIEST, limit=PAGE, after=None, where=where))
    assert max(rows_read(node) for node in found) <= most, told(found)


async def test_an_outlook_reads_the_queue_and_what_ended_lately(filled: Connection) -> None:
    newest = await filled.fetch("SELECT id FROM operations WHERE user_id = $1 ORDER BY id DESC LIMIT 50", BUSIEST)
    found = await done(
        filled,
        named_queries().outlook.sql,
        [[row["id"] for row in newest], BUSIEST, outlook.LINE, outlook.HISTORY],
        first="SELECT 1",
    )
    assert "Seq Scan" not in {node["Node Type"] for node in found}
    assert max(rows_read(node) for node in found) <= QUEUED, told(found)
    used = {node["Index Name"] for node in found if "Index Name" in node}
    assert {"operations_pkey", "operations_succeeded"} <= used, told(found)
    assert "operations_by_creation" not in used, "all that the owner ever had"
