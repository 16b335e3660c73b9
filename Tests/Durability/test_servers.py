"""Several servers on one PostgreSQL database: what one is told the others know, and when the leader of the projections is
killed with `kill -9`, another leads them on within five seconds.

Runs where HEALTHBRAIN_TEST_POSTGRES gives an address (`Scripts/with-postgres`).
"""

import os
import re
import threading
import time
import uuid

import pytest
from server import Server

POSTGRES = os.environ.get("HEALTHBRAIN_TEST_POSTGRES")
HAND_OVER_SECONDS = 5
SAMPLE = re.compile(r'^healthbrain_projection_(\w+)\{projection="(\w+)"\} (\S+)$', re.MULTILINE)

pytestmark = pytest.mark.skipif(POSTGRES is None, reason="HEALTHBRAIN_TEST_POSTGRES gives no PostgreSQL")


@pytest.fixture
def servers(tmp_path):
    database = f"{POSTGRES}?schema=servers_{uuid.uuid4().hex}"
    started = []
    try:
        for name in ("first", "second"):
            folder = tmp_path / name
            folder.mkdir()
            server = Server(str(folder), arguments=["--database", database])
            server.start()
            started.append(server)
        yield started
    finally:
        for server in started:
            if server.process.poll() is None:
                server.stop()


def projections(server):
    """{projection: {"sequence": …, "lag_changes": …, …}} as a server tells it."""
    status, body = server.request("GET", "/metrics")
    assert status == 200
    found = {}
    for what, name, value in SAMPLE.findall(body.decode()):
        found.setdefault(name, {})[what] = float(value)
    assert found
    return found


def put(server, key):
    status, body = server.request("PUT", f"/fhir/Patient/{key}", {"resourceType": "Patient", "id": key})
    assert status in (200, 201), body


def wait_for_place(server, place, seconds):
    """Waits until every projection has taken in the feed up to a place; how long it took."""
    start = time.monotonic()
    while True:
        states = projections(server)
        if all(state["sequence"] >= place for state in states.values()):
            return time.monotonic() - start
        assert time.monotonic() - start < seconds, states
        time.sleep(0.05)


def test_both_servers_tell_the_same_of_feed_and_projections(servers):
    first, second = servers
    for number in range(10):
        put(servers[number % 2], f"p{number}")
    for server in servers:
        wait_for_place(server, 10, 30)
        assert server.request("GET", "/fhir/Patient/p3")[0] == 200
        assert all(state["lag_changes"] == 0 and state["failures"] == 0 for state in projections(server).values())


def test_another_server_leads_on_within_five_seconds_of_a_kill(servers):
    first, second = servers
    put(first, "before")
    wait_for_place(second, 1, 30)
    # The first server came first, so it leads; it is killed while it is written to.
    stop = threading.Event()
    acknowledged = []

    def write():
        number = 0
        while not stop.is_set():
            try:
                put(first, f"w{number}")
                acknowledged.append(f"w{number}")
            except OSError:
                return
            number += 1

    writer = threading.Thread(target=write)
    writer.start()
    time.sleep(0.5)
    first.kill()
    killed = time.monotonic()
    stop.set()
    writer.join()
    put(second, "after")
    status, body = second.request("GET", "/fhir/Patient?_summary=count")
    assert status == 200
    for key in acknowledged:
        assert second.request("GET", f"/fhir/Patient/{key}")[0] == 200, key
    states = projections(second)
    head = max(state["sequence"] + state["lag_changes"] for state in states.values())
    wait_for_place(second, head, max(0.1, HAND_OVER_SECONDS - (time.monotonic() - killed)))
