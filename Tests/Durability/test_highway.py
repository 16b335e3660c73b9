"""The highway under `kill -9`: what was acknowledged is in the record, once, whatever was killed and when."""

import json
import random
import threading
import time
import urllib.error
import urllib.request

import pytest

from server import Server

SENDERS, PATIENTS, KILLS = 3, 8, 6


def messages(sender, random_source):
    """Stays and results of some patients, out of order."""
    found = []
    for patient in range(PATIENTS):
        for place, event in enumerate(["A01", "A02", "A08", "A03"]):
            at = f"2026112{place}08{random_source.randrange(10, 60)}00"
            found.append("\r".join([
                f"MSH|^~\\&|HIS|{sender}|||{at}||ADT^{event}|{patient}-{place}|P|2.4", f"EVN|{event}|{at}",
                f"PID|1||N{patient}^^^HIS^MR||张^三{place}||19491231|2",
                f"PV1|1|I|||||||||||||||||V{patient}|||||||||||||||||||||||||{at}"]))
        found.append("\r".join([
            f"MSH|^~\\&|LIS|{sender}|||20261124100000||ORU^R01|r{patient}|P|2.4", f"PID|1||N{patient}^^^HIS^MR||张^三",
            "OBR|1|L1|L1|718-7^Hemoglobin^LN|||20261124100000",
            f"OBX|1|NM|718-7^Hemoglobin^LN||{100 + patient}|g/L|||||F|||20261124100000"]))
    random_source.shuffle(found)
    return found


def post(server, sender, text):
    request = urllib.request.Request(
        f"{server.base}/highway/{sender}", data=text.encode(), headers={"Content-Type": "application/hl7-v2"})
    with urllib.request.urlopen(request, timeout=20) as response:
        assert response.status == 202
        return json.loads(response.read())


def send_all(server, sender, texts, stopped):
    """Sends each until it is acknowledged, as senders do."""
    for text in texts:
        while not stopped.is_set():
            try:
                post(server, sender, text)
                break
            except (OSError, urllib.error.HTTPError, ConnectionError):
                time.sleep(0.02)


def settled(server):
    end = time.monotonic() + 60
    while time.monotonic() < end:
        status, body = server.request("GET", "/highway/senders")
        assert status == 200
        senders = json.loads(body)["senders"]
        if all(sender["waiting"] == 0 for sender in senders):
            return senders
        time.sleep(0.05)
    raise AssertionError("the highway did not settle")


def record(server):
    """What stands, without what the store adds."""
    found = {}
    for kind in ["Patient", "Encounter", "Observation", "DiagnosticReport"]:
        path = f"/fhir/{kind}?_count=500"
        status, body = server.request("GET", path)
        assert status == 200
        for entry in json.loads(body).get("entry", []):
            resource = entry["resource"]
            resource["meta"].pop("versionId", None)
            resource["meta"].pop("lastUpdated", None)
            found[f"{kind}/{resource['id']}"] = resource
    return found


@pytest.mark.parametrize("seed", [1, 2])
def test_what_was_acknowledged_is_in_the_record_once(tmp_path, seed):
    source = random.Random(seed)
    all_messages = {f"h{number}": messages(f"h{number}", source) for number in range(SENDERS)}

    (tmp_path / "quiet").mkdir()
    quiet = Server(str(tmp_path / "quiet"))
    quiet.start()
    for sender, texts in all_messages.items():
        send_all(quiet, sender, texts, threading.Event())
    settled(quiet)
    expected = record(quiet)
    quiet.stop()
    assert len([key for key in expected if key.startswith("Patient/")]) == SENDERS * PATIENTS

    (tmp_path / "killed").mkdir()
    server = Server(str(tmp_path / "killed"))
    server.start()
    stopped = threading.Event()
    threads = [
        threading.Thread(target=send_all, args=(server, sender, texts, stopped))
        for sender, texts in all_messages.items()]
    try:
        for thread in threads:
            thread.start()
        for _ in range(KILLS):
            time.sleep(source.uniform(0.05, 0.4))
            server.kill()
            server.start()
        for thread in threads:
            thread.join(timeout=120)
        senders = settled(server)
        assert record(server) == expected
        for sender in senders:
            assert sender["done"] == len(all_messages[sender["name"]])
            assert sender["dead"] == 0
    finally:
        stopped.set()
        server.stop()


def test_the_shelf_by_the_command_line(tmp_path):
    import subprocess

    from server import BINARY

    (tmp_path / "maps").mkdir()
    (tmp_path / "data").mkdir()
    server = Server(str(tmp_path / "data"), ["--maps", str(tmp_path / "maps")])
    server.start()

    def run(*arguments, code=0):
        done = subprocess.run(
            [BINARY, "highway", arguments[0], "--server", server.base, *arguments[1:]], capture_output=True, text=True)
        assert done.returncode == code, done.stderr
        return done.stdout + done.stderr

    try:
        text = "MSH|^~\\&|HIS|h1|||20261122083000||ADT^Z99|7|P|2.4\rPID|1||N1^^^HIS^MR||张^三\r"
        (tmp_path / "message.hl7").write_text(text, newline="")
        assert "accepted" in run("send", "--sender", "h1", str(tmp_path / "message.hl7"))
        assert "duplicate" in run("send", "--sender", "h1", str(tmp_path / "message.hl7"))
        settled(server)
        assert "map/201 MSH" in run("list")
        assert "h1\t0\t0\t1\t1" in run("status")
        masked = run("show", "1.0")
        assert "张" not in masked and "PID|9||x9^^^xxx^xx" in masked
        assert "张" in run("show", "1.0", "--reason", "to see why it failed")
        assert "1 are" in run("replay", "1.0")
        settled(server)
        assert "map/201 MSH" in run("list")
        (tmp_path / "maps" / "Z99.map").write_text(
            "message ADT_Z99\n  events ADT^Z99\n  require PID\n  add PID[Patient] as patient update\n")
        assert "1 are" in run("reload")
        settled(server)
        assert "empty" in run("list")
        assert len(record(server)) == 1
        (tmp_path / "maps" / "Z99.map").write_text("nonsense\n")
        run("reload", code=1)
        run("show", "99", code=1)
        run("discard", "--all", "--why", "no", code=1)
    finally:
        server.stop()
