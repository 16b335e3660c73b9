"""An acknowledged write survives `kill -9` at any instant.

Writers send transactions and updates; the server is killed at a random moment, many times. Then every version that was
acknowledged is there with its content, of no transaction there is only a part, and the projections equal a rebuild.
"""

import http.client
import json
import os
import random
import sqlite3
import subprocess
import threading
import time

import pytest
from server import BINARY, Server

ROUNDS = int(os.environ.get("HEALTHBRAIN_KILL_ROUNDS", "25"))
WRITERS = 6


def patient(key, number):
    return {
        "resourceType": "Patient", "id": key, "name": [{"family": "王", "given": [f"第{number}"]}],
        "gender": "female", "birthDate": "1951-02-03",
    }


def encounter(key, subject, number):
    return {
        "resourceType": "Encounter", "id": key, "status": "finished",
        "class": {"system": "http://terminology.hl7.org/CodeSystem/v3-ActCode", "code": "AMB"},
        "subject": {"reference": f"Patient/{subject}"},
        "period": {"start": f"2026-01-{1 + number % 28:02d}T08:00:00+08:00"},
    }


def transaction(resources):
    return {
        "resourceType": "Bundle", "type": "transaction",
        "entry": [
            {"resource": r, "request": {"method": "PUT", "url": f"{r['resourceType']}/{r['id']}"}} for r in resources
        ],
    }


class Writer(threading.Thread):
    """Writes until the server is gone, and notes what was acknowledged and what was on its way."""

    def __init__(self, server, name, seed):
        super().__init__(name=name, daemon=True)
        self.server = server
        self.random = random.Random(seed)
        self.acknowledged = []  # (type, id, version, resource)
        self.transactions = []  # (the keys, whether it was acknowledged)
        self.unexpected = []

    def run(self):
        connection = http.client.HTTPConnection("127.0.0.1", self.server.port, timeout=30)
        count = 0
        while True:
            count += 1
            person = f"{self.name}-p{count}"
            if count > 3 and self.random.random() < 0.3:
                # An update of a resource of this writer: only this writer knows its newest version.
                self.send(connection, [patient(f"{self.name}-p{self.random.randint(1, count - 1)}", count * 1000)])
            else:
                people = [patient(person, count)]
                visits = [
                    encounter(f"{person}-e{index}", person, index) for index in range(self.random.randint(1, 6))
                ]
                keys = [(r["resourceType"], r["id"]) for r in people + visits]
                self.transactions.append([keys, False])
                if self.send(connection, people + visits):
                    self.transactions[-1][1] = True
            if self.stopped:
                return

    stopped = False

    def send(self, connection, resources):
        try:
            connection.request(
                "POST", "/fhir", json.dumps(transaction(resources)), {"Content-Type": "application/fhir+json"})
            response = connection.getresponse()
            body = response.read()
        except (OSError, http.client.HTTPException):
            self.stopped = True
            return False
        if response.status != 200:
            self.unexpected.append((response.status, body[:500]))
            self.stopped = True
            return False
        for resource, entry in zip(resources, json.loads(body)["entry"]):
            version = int(entry["response"]["etag"].split('"')[1])
            self.acknowledged.append((resource["resourceType"], resource["id"], version, resource))
        return True


def without_meta(resource):
    return {key: value for key, value in resource.items() if key != "meta"}


def settle(server):
    """Waits until every projection has caught up."""
    end = time.monotonic() + 60
    while time.monotonic() < end:
        status = json.loads(
            subprocess.run(
                [BINARY, "status", "--server", server.base, "--format", "json"], check=True, capture_output=True
            ).stdout)
        if all(p["lagChanges"] == 0 and p["failures"] == 0 for p in status["projections"]):
            return status
        time.sleep(0.1)
    raise AssertionError(f"the projections did not catch up: {status}")


def projection_tables(folder):
    """Every row of every table that is neither the store's nor SQLite's own."""
    own = {"setting", "resource_type", "parameter", "term", "dictionary", "resource", "version", "projection",
           # What waits to be linked: a rebuild lets all wait anew.
           "person_awaiting",
           # Likewise who is looked at for pathways, which Tasks the house has written itself, and what the last look found.
           "pathway_touched", "pathway_own", "pathway_settled"}
    with sqlite3.connect(os.path.join(folder, "healthbrain.db")) as db:
        names = [row[0] for row in db.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
        return {
            name: sorted(db.execute(f"SELECT * FROM {name}").fetchall(), key=repr)
            for name in names
            if name not in own and not name.startswith(("index_", "sqlite_"))
        }


@pytest.mark.parametrize("arguments", [(), ("--programmes", "shipped")], ids=["plain", "programmes"])
def test_a_killed_server_keeps_every_acknowledged_version(tmp_path, arguments):
    seed = int(os.environ.get("HEALTHBRAIN_SEED", str(random.SystemRandom().randrange(1 << 32))))
    print(f"seed {seed}: HEALTHBRAIN_SEED={seed} repeats the moments of this run")
    moments = random.Random(seed)
    folder = str(tmp_path)
    server = Server(folder, arguments)
    acknowledged, transactions = [], []
    # Programmes are checked at each start, which takes its time.
    for round_number in range(max(1, ROUNDS // 5) if arguments else ROUNDS):
        server.start()
        writers = [Writer(server, f"r{round_number}w{w}", moments.random()) for w in range(WRITERS)]
        for writer in writers:
            writer.start()
        time.sleep(moments.uniform(0.02, 0.6))
        server.kill()
        for writer in writers:
            writer.join(timeout=60)
            assert not writer.unexpected, writer.unexpected
            acknowledged += writer.acknowledged
            transactions += writer.transactions
    assert acknowledged, "no write was acknowledged: the rounds are too short to tell anything"

    server.start()
    for kind, key, version, resource in acknowledged:
        status, body = server.request("GET", f"/fhir/{kind}/{key}/_history/{version}")
        assert status == 200, f"{kind}/{key} version {version} was acknowledged and is lost"
        assert without_meta(json.loads(body)) == resource

    for keys, was_acknowledged in transactions:
        found = [server.request("GET", f"/fhir/{kind}/{key}")[0] == 200 for kind, key in keys]
        assert all(found) or not any(found), f"only a part of a transaction is there: {keys}"
        assert all(found) or not was_acknowledged

    settle(server)
    assert server.stop() == 0
    followed = projection_tables(folder)
    assert any(followed.values()), "the projections hold nothing: there is nothing to compare"
    with sqlite3.connect(os.path.join(folder, "healthbrain.db")) as db:
        assert db.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        projections = [row[0] for row in db.execute("SELECT name FROM projection")]
    for name in projections:
        subprocess.run([BINARY, "rebuild", name, "--data", folder], check=True, capture_output=True)
    assert projection_tables(folder) == followed
    print(f"{len(acknowledged)} acknowledged versions, {len(transactions)} transactions, {ROUNDS} kills")


@pytest.mark.parametrize("signal_name", ["SIGTERM", "SIGINT"])
def test_a_server_ends_cleanly(tmp_path, signal_name):
    import signal

    server = Server(str(tmp_path))
    server.start()
    assert server.request("PUT", "/fhir/Patient/a", patient("a", 1))[0] == 201
    server.process.send_signal(getattr(signal, signal_name))
    assert server.process.wait(timeout=30) == 0
    started = time.monotonic()
    server.start()
    assert time.monotonic() - started < 10
    assert server.request("GET", "/fhir/Patient/a")[0] == 200
    server.stop()
