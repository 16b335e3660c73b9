"""PostgreSQL goes down and comes back under a server that serves: requests in between get 503 with `Retry-After`, none of
the acknowledged writes is lost, none is made twice; and slow reads leave room for everything else.

One of PostgreSQL's own processes is killed with `kill -9`: it then ends every session and recovers from its log, as after
a crash of the machine. Runs under `Scripts/with-postgres`, which tells the number of PostgreSQL's first process.
"""

import http.client
import json
import os
import subprocess
import threading
import time
import urllib.error
import urllib.request
import uuid

import pytest
from server import Server

POSTGRES = os.environ.get("HEALTHBRAIN_TEST_POSTGRES")
PROCESS = os.environ.get("HEALTHBRAIN_TEST_POSTGRES_PID")
WRITERS = 4
CRASHES = 4
COMES_BACK_SECONDS = 120

pytestmark = pytest.mark.skipif(POSTGRES is None or PROCESS is None, reason="Scripts/with-postgres runs these")


@pytest.fixture
def server(tmp_path):
    server = Server(str(tmp_path), arguments=["--database", f"{POSTGRES}?schema=restart_{uuid.uuid4().hex}"])
    server.start()
    yield server
    if server.process.poll() is None:
        server.stop()


def psql(command):
    return subprocess.run(
        ["psql", "--no-psqlrc", "--tuples-only", "--no-align", "--dbname", POSTGRES, "--command", command],
        capture_output=True, text=True)


def crash():
    """Kills one session of PostgreSQL, which makes it end all and recover; returns when it answers again."""
    session = subprocess.Popen(
        ["psql", "--no-psqlrc", "--dbname", POSTGRES, "--command", "SELECT pg_backend_pid(); SELECT pg_sleep(600)"],
        stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    end = time.monotonic() + COMES_BACK_SECONDS
    while time.monotonic() < end:
        found = psql("SELECT pid FROM pg_stat_activity WHERE query LIKE '%pg_sleep(600)%' AND pid <> pg_backend_pid()")
        if found.returncode == 0 and found.stdout.strip():
            os.kill(int(found.stdout.split()[0]), 9)
            break
        time.sleep(0.05)
    session.wait()
    # Others take the numbers of transactions that the crash undid, as autovacuum may.
    while psql("DO $$ BEGIN FOR i IN 1..200 LOOP PERFORM pg_current_xact_id(); COMMIT; END LOOP; END $$").returncode != 0:
        assert time.monotonic() < end, "PostgreSQL does not come back"
        time.sleep(0.05)


class Writer(threading.Thread):
    """Creates patients without a pause, each with an identifier of its own; notes what came of each."""

    def __init__(self, server, name):
        super().__init__(daemon=True)
        self.server, self.name_of, self.stopped = server, name, False
        self.made, self.refused, self.unknown, self.unexpected = [], [], [], []

    def run(self):
        number = 0
        while not self.stopped:
            number += 1
            key = f"{self.name_of}-{number}"
            body = {"resourceType": "Patient", "identifier": [{"system": "urn:test", "value": key}]}
            request = urllib.request.Request(
                self.server.base + "/fhir/Patient", data=json.dumps(body).encode(), method="POST",
                headers={"Content-Type": "application/fhir+json"})
            try:
                with urllib.request.urlopen(request, timeout=60) as response:
                    assert response.status == 201
                    self.made.append(key)
            except urllib.error.HTTPError as error:
                if error.code == 503 and error.headers.get("Retry-After"):
                    text = error.read().decode()
                    (self.unknown if "not known" in text else self.refused).append(key)
                    time.sleep(0.02)
                else:
                    self.unexpected.append((error.code, dict(error.headers), error.read()[:500]))
            except (OSError, http.client.HTTPException) as error:
                self.unexpected.append(repr(error))


def count(server, key):
    status, body = server.request("GET", f"/fhir/Patient?identifier=urn:test|{key}&_summary=count")
    assert status == 200, body
    return json.loads(body)["total"]


def test_a_crash_of_postgres_loses_and_doubles_nothing(server):
    writers = [Writer(server, f"w{number}") for number in range(WRITERS)]
    for writer in writers:
        writer.start()
    time.sleep(1)
    for _ in range(CRASHES):
        crash()
        before = sum(len(writer.made) for writer in writers)
        end = time.monotonic() + COMES_BACK_SECONDS
        while sum(len(writer.made) for writer in writers) < before + 20:
            assert time.monotonic() < end, "the server does not write again"
            time.sleep(0.05)
    for writer in writers:
        writer.stopped = True
    for writer in writers:
        writer.join(timeout=60)
        assert not writer.unexpected, writer.unexpected[:3]
    for writer in writers:
        for key in writer.made:
            assert count(server, key) == 1, f"{key} was acknowledged"
        for key in writer.refused:
            assert count(server, key) == 0, f"{key} was refused"
        for key in writer.unknown:
            assert count(server, key) <= 1
    print(
        f"{sum(len(w.made) for w in writers)} made, {sum(len(w.refused) for w in writers)} refused, "
        f"{sum(len(w.unknown) for w in writers)} unknown")


def test_reads_that_wait_leave_room_for_writes_and_health(server):
    schema = server.arguments[-1].split("schema=")[1]
    assert server.request("PUT", "/fhir/Patient/a", {"resourceType": "Patient", "id": "a"})[0] == 201
    # Whoever reads the table stands still until the lock is given back.
    locker = subprocess.Popen(
        ["psql", "--no-psqlrc", "--quiet", "--dbname", POSTGRES], stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, text=True)
    try:
        locker.stdin.write(f'BEGIN; LOCK TABLE "{schema}".fulltext_word IN ACCESS EXCLUSIVE MODE;\n')
        locker.stdin.flush()
        end = time.monotonic() + 20
        while not psql(
            "SELECT 1 FROM pg_locks WHERE mode = 'AccessExclusiveLock' AND granted AND relation = "
            f"'\"{schema}\".fulltext_word'::regclass").stdout.strip():
            assert time.monotonic() < end
            time.sleep(0.05)
        results = []

        def read():
            results.append(server.request("GET", "/fhir/Patient?_content=somebody", timeout_seconds=60)[0])

        readers = [threading.Thread(target=read, daemon=True) for _ in range(40)]
        for reader in readers:
            reader.start()
        time.sleep(1)
        assert not results, "the reads do not wait"
        assert server.request("GET", "/healthz", timeout_seconds=10)[0] == 200
        for number in range(20):
            patient = {"resourceType": "Patient", "id": f"b{number}"}
            assert server.request("PUT", f"/fhir/Patient/b{number}", patient, timeout_seconds=10)[0] == 201
    finally:
        locker.stdin.write("ROLLBACK;\n")
        locker.stdin.close()
        locker.wait()
    for reader in readers:
        reader.join(timeout=60)
    assert results == [200] * 40
