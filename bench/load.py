"""A load generator that costs little: it shares the machine with what it measures, and stands back for it (nice 10).

    python -m bench.load URL --creators 32 --seconds 10

Each creator is one connection that posts a story, reads the answer and posts the next. Prints one line of JSON.
"""

import argparse
import asyncio
import json
import os
import random
import time
from urllib.parse import urlsplit

import uvloop

BODY = json.dumps({"display_name": "A bench", "script_content": "One shot of nothing in particular.", "shots": 1}).encode()
USER = "11111111-2222-3333-4444-555555555555"


def request(host: str, user: str) -> bytes:
    """One POST as it goes over the wire."""
    head = f"POST /v1/stories HTTP/1.1\r\nHost: {host}\r\nX-User-ID: {user}\r\nContent-Type: application/json\r\n"
    return f"{head}Content-Length: {len(BODY)}\r\n\r\n".encode() + BODY


async def create(host: str, port: int, until: float, most: list[int], pause: float, *, user: str = USER) -> list[float]:
    """Post until the time is over or `most` have been posted by all; the milliseconds that each took."""
    reader, writer = await asyncio.open_connection(host, port)
    wire = request(f"{host}:{port}", user)
    posts: list[float] = []
    while time.monotonic() < until and most[0] > 0:
        most[0] -= 1
        began = time.perf_counter()
        writer.write(wire)
        head = await reader.readuntil(b"\r\n\r\n")
        if not head.startswith(b"HTTP/1.1 202"):
            raise RuntimeError(head.decode())
        length = next(line for line in head.lower().split(b"\r\n") if line.startswith(b"content-length:"))
        await reader.readexactly(int(length.split(b":")[1]))
        posts.append((time.perf_counter() - began) * 1000)
        if pause:
            await asyncio.sleep(random.uniform(pause, 2 * pause))  # no phase of anybody's clock is preferred
    writer.close()
    return posts


async def main(url: str, creators: int, seconds: float, most: int, pause: float) -> None:
    os.nice(10)
    where = urlsplit(url)
    assert where.hostname
    assert where.port
    began = time.monotonic()
    left = [most]
    lanes = [create(where.hostname, where.port, began + seconds, left, pause) for _ in range(creators)]
    posts = [post for lane in await asyncio.gather(*lanes) for post in lane]
    cpu = time.process_time()
    print(json.dumps({"posts": posts, "seconds": time.monotonic() - began, "cpu_seconds": cpu}))


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("url")
    parser.add_argument("--creators", type=int, default=32)
    parser.add_argument("--seconds", type=float, default=10.0)
    parser.add_argument("--most", type=int, default=1_000_000)
    parser.add_argument("--pause", type=float, default=0.0, help="at least, and twice it at most, between two posts")
    chosen = parser.parse_args()
    uvloop.run(main(chosen.url, chosen.creators, chosen.seconds, chosen.most, chosen.pause))
