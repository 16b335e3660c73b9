"""`healthbrain database` from the command line: a copy that is killed with `kill -9` goes on where it stood, and a store
comes back from SQLite over PostgreSQL, or from a backup, with the same digest.

The ways over PostgreSQL run where HEALTHBRAIN_TEST_POSTGRES gives an address (`Scripts/with-postgres`).
"""

import json
import os
import re
import signal
import subprocess
import time
import urllib.request
import uuid

import pytest
from server import BINARY, Server

POSTGRES = os.environ.get("HEALTHBRAIN_TEST_POSTGRES")
VERSIONS = 6000
KILLS = 3
DIGEST = re.compile(r"(\d+) versions, SHA-256 ([0-9a-f]{64})")

needs_postgres = pytest.mark.skipif(POSTGRES is None, reason="HEALTHBRAIN_TEST_POSTGRES gives no PostgreSQL")
either = pytest.mark.parametrize("database", ["sqlite", pytest.param("postgres", marks=needs_postgres)])


def postgres():
    return f"{POSTGRES}?schema=commands_{uuid.uuid4().hex}"


def healthbrain(*arguments, check=True):
    finished = subprocess.run([BINARY, *map(str, arguments)], capture_output=True, text=True)
    assert finished.returncode == 0 or not check, finished.stderr
    return finished


def digest(text):
    found = DIGEST.search(text)
    assert found, text
    return int(found[1]), found[2]


def choice(place):
    return ["--database" if str(place).startswith("postgres") else "--data", place]


@pytest.fixture(scope="module")
def source(tmp_path_factory):
    """A folder with a store of patients, some of them changed, some deleted."""
    folder = tmp_path_factory.mktemp("source")
    server = Server(str(folder))
    server.start()
    for start in range(0, VERSIONS, 500):
        entries = []
        for number in range(start, start + 500):
            key = f"p{number % 5000}"
            entries.append({
                "resource": {"resourceType": "Patient", "id": key, "name": [{"family": "王", "given": [f"第{number}"]}]},
                "request": {"method": "PUT", "url": f"Patient/{key}"}})
        status, body = server.request("POST", "/fhir", {"resourceType": "Bundle", "type": "transaction", "entry": entries})
        assert status == 200, body
    for number in range(10):
        assert server.request("DELETE", f"/fhir/Patient/p{number}")[0] in (200, 204)
    assert server.stop() == 0
    return folder


def copy_with_kills(source, target):
    """Copies, killed again and again before it is through; how often it was killed at work."""
    killed = 0
    for attempt in range(KILLS):
        process = subprocess.Popen(
            [BINARY, "database", "copy", str(source), str(target)], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        time.sleep(0.3 + 0.25 * attempt)
        if process.poll() is None:
            process.send_signal(signal.SIGKILL)
            killed += 1
        process.wait()
    return killed


@needs_postgres
def test_a_copy_over_postgres_and_back_survives_kills_with_its_digest(source, tmp_path):
    middle, back = postgres(), tmp_path / "back"
    assert copy_with_kills(source, middle) > 0, "the copy is too quick to be killed"
    there = digest(healthbrain("database", "copy", source, middle).stdout)
    assert copy_with_kills(middle, back) > 0, "the copy is too quick to be killed"
    again = digest(healthbrain("database", "copy", middle, back).stdout)
    assert there == again
    assert there[0] == VERSIONS + 10
    kept = digest(healthbrain("database", "backup", "--data", source, "--to", tmp_path / "source.feed.zst").stdout)
    assert kept == there


@either
def test_a_backup_fills_an_empty_store_that_then_serves(source, tmp_path, database):
    file = tmp_path / "all.feed.zst"
    target = postgres() if database == "postgres" else tmp_path / "target"
    kept = digest(healthbrain("database", "backup", "--data", source, "--to", file).stdout)
    process = subprocess.Popen(
        [BINARY, "database", "restore", str(file), *map(str, choice(target))], stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL)
    time.sleep(0.5)
    process.send_signal(signal.SIGKILL)
    process.wait()
    assert digest(healthbrain("database", "restore", file, *choice(target)).stdout) == kept
    # A backup of what was restored is the same again.
    second = tmp_path / "again.feed.zst"
    assert digest(healthbrain("database", "backup", *choice(target), "--to", second).stdout) == kept
    status = json.loads(healthbrain("status", *choice(target), "--format", "json").stdout)
    assert status["sequence"] == VERSIONS + 10
    assert status["resources"] == {"Patient": 5000 - 10}


@needs_postgres
def test_a_database_is_made_compact_and_keeps_what_it_holds(source, tmp_path):
    target = postgres()
    before = digest(healthbrain("database", "copy", source, target).stdout)
    assert "bytes" in healthbrain("database", "compact", "--database", target).stdout
    assert digest(healthbrain("database", "backup", "--database", target, "--to", tmp_path / "all.zst").stdout) == before


def person(key, sender=None):
    """A Patient with a valid resident number; by the highway where a sender is given."""
    made = {
        "resourceType": "Patient", "id": key, "birthDate": "1980-03-07", "gender": "female", "name": [{"text": "欧阳晚晴"}],
        "identifier": [{"system": "urn:oid:2.16.156.10011.1.3", "value": "330106198003072525"}]}
    return made if sender is None else {**made, "meta": {"source": f"https://healthbrain.dev/highway/{sender}#1"}}


@either
def test_what_neither_copy_nor_backup_takes_is_told(tmp_path, database):
    place = postgres() if database == "postgres" else tmp_path / "from"
    folder = tmp_path / "from"
    folder.mkdir()
    server = Server(str(folder), ["--database", place] if database == "postgres" else [])
    server.start()
    message = "MSH|^~\\&|HIS|h1|||20260101120000||ADT^A01|7|P|2.4\rPID|1||N1^^^HIS^MR||王^伟\rPV1|1|I\r"
    for kind, body in [("hl7-v2", message), ("fhir+json", '{"resourceType":"Patient","gender":"nobody"}')]:
        request = urllib.request.Request(
            f"{server.base}/highway/h1", data=body.encode(), headers={"Content-Type": f"application/{kind}"})
        assert urllib.request.urlopen(request).status == 202
    for made in [person("a", "h1"), person("b", "h2"), person("c")]:
        assert server.request("PUT", f"/fhir/Patient/{made['id']}", made)[0] == 201
    expected = [
        "not taken along: 1 merges of Patients (the records show them; they can't be taken back at the other place)",
        "not taken along: 1 pairs at the identity desk, decided or not",
        "not taken along: 1 dead letters of the highway", "not taken along: 2 messages of the highway as they came"]

    def told(*arguments):
        lines = healthbrain("database", *arguments).stderr.splitlines()
        return [line for line in lines if line.startswith("not taken along")]

    # Also of a store that is in use. The two of hospitals are joined by the machine; the one that came by REST is asked about.
    for attempt in range(100):
        found = told("backup", *choice(place), "--to", tmp_path / f"{attempt}.zst")
        if found == expected:
            break
        time.sleep(0.2)
    assert found == expected
    assert server.stop() == 0
    assert told("copy", place, tmp_path / "copied") == expected
    # What was left behind is not at the other place.
    assert told("backup", "--data", tmp_path / "copied", "--to", tmp_path / "copied.zst") == []


def test_a_store_of_which_all_is_taken_along_says_nothing(source, tmp_path):
    told = healthbrain("database", "backup", "--data", source, "--to", tmp_path / "all.zst").stderr
    assert "not taken along" not in told


@pytest.mark.parametrize("arguments", [
    ["database", "copy", "nowhere", "elsewhere.db"],
    ["database", "compact", "--database", "mysql://host/name"],
    ["status", "--database", "postgres://healthbrain@%2Fnowhere/none"],
    ["status", "--database", "postgres://a", "--data", "b"],
])
def test_a_store_that_is_not_there_is_refused_in_a_sentence(arguments, tmp_path):
    finished = subprocess.run([BINARY, *arguments], capture_output=True, text=True, cwd=tmp_path)
    assert finished.returncode in (1, 2, 64)
    assert finished.stderr.strip()
    assert "RecordsError(" not in finished.stderr
