"""A whole house: what is done at the machine leaves a trace, a backup brings it back elsewhere with its accounts, programs and
audit log, and whoever bends the database is found.

The ways over PostgreSQL run where HEALTHBRAIN_TEST_POSTGRES gives an address (`Scripts/with-postgres`).
"""

import getpass
import json
import os
import re
import shutil
import sqlite3
import subprocess
import time
import uuid

import pytest
import server
from test_access import PASSWORD, House, furnished

POSTGRES = os.environ.get("HEALTHBRAIN_TEST_POSTGRES")
needs_postgres = pytest.mark.skipif(POSTGRES is None, reason="HEALTHBRAIN_TEST_POSTGRES gives no PostgreSQL")
KINDS = ["sqlite", pytest.param("postgres", marks=needs_postgres)]


def database(kind):
    return f"{POSTGRES}?schema=house_{uuid.uuid4().hex}" if kind == "postgres" else None


def folder(path):
    path.mkdir()
    return path


def healthbrain(*arguments, code=0, **options):
    done = subprocess.run([server.BINARY, *map(str, arguments)], capture_output=True, text=True, timeout=120, **options)
    assert done.returncode == code, done.stdout + done.stderr
    return done.stdout + done.stderr


def verify(house, *more, code=0):
    return healthbrain("audit", "verify", *house.store, *more, code=code)


def events(house, query=""):
    return [
        entry["resource"]
        for entry in house.ask("operator", "GET", f"/fhir/AuditEvent?_count=1000{query}")[1].get("entry", [])]


def told(house):
    """Who did what at the machine, oldest first: worker, command and what it was."""
    time.sleep(1.2)
    found = []
    for event in reversed(events(house)):
        for agent in event["agent"]:
            if any(role.get("text") == "machine" for role in agent.get("role", [])):
                command = event["agent"][0]["who"]["identifier"]["value"]
                found.append((agent["who"]["identifier"]["value"], command, event.get("outcomeDesc", "")))
    return found


@pytest.mark.parametrize("kind", KINDS)
def test_what_is_done_at_the_machine_is_in_the_log(kind, tmp_path):
    # Before any server was there.
    early = folder(tmp_path / "data")
    place = database(kind)
    choice = [*(["--database", place] if place else []), "--data", early]
    healthbrain("account", "add", "early", *choice, "--role", "operator", "--duty", "audit")
    house = House(str(early), place)
    first = re.search(r"shown again: (\S+)", healthbrain("account", "reset-password", "early", *choice)).group(1)
    house.start()
    house.sign_in("early", first, PASSWORD)
    house.cookies["operator"] = house.cookies["early"]
    run = lambda *words: healthbrain(*words, *choice)  # noqa: E731
    run("account", "add", "doc", "--role", "operator", "--duty", "system")
    run("account", "disable", "doc")
    run("account", "grant", "doc", "--category", "hiv")
    run("account", "tie", "doc", "--provider", "city", "--subject", "s-17")
    assert "identity city s-17" in run("account", "show", "doc")
    app = run("client", "add", "日记", "--type", "confidential", "--redirect", "https://app.example/", "--scopes",
              "patient/*.rs").split("\t")[0]
    run("client", "disable", app)
    run("client", "rotate", app)
    run("key", "rotate-signing")
    healthbrain("account", "add", "doc", *choice, code=2)
    found = told(house)
    assert all(re.fullmatch(rf"(.+ as )?{re.escape(getpass.getuser())}@.+", who) for who, _, _ in found)
    assert [command.removeprefix("healthbrain ") for _, command, _ in found] == [
        "account add", "account reset-password", "account add", "account disable", "account grant", "account tie",
        "client add", "client disable", "client rotate", "key rotate-signing"]
    words = [reason.split()[0] for _, _, reason in found]
    assert words == [
        "accountAdded", "passwordReset", "accountAdded", "stateChanged", "sensitivitiesChanged", "identityTied",
        "clientAdded", "clientDisabled", "clientRotated", "signingKeyRotated"]
    assert all(re.search(rf"{app}$", reason) for _, command, reason in found if command.endswith("rotate"))
    assert house.stop() == 0
    assert "events agree" in verify(house)
    # With no server there, the command signs what it has done.
    run("account", "enable", "doc")
    assert "events agree" in verify(house)
    size = int(re.search(r"(\d+) events agree", verify(house)).group(1))
    assert (early / "audit.checkpoint").read_text().splitlines()[1] == str(size)


def test_what_the_log_does_not_take_is_not_done(tmp_path):
    healthbrain("account", "add", "known", "--data", tmp_path)
    log = tmp_path / "healthbrain.db"
    for name in ["", "-wal", "-shm"]:
        (tmp_path / f"healthbrain.db{name}").unlink(missing_ok=True)
    log.mkdir()
    for words in [["account", "disable", "known"], ["account", "add", "new"], ["account", "end-session", "known"]]:
        assert "it was not done" in healthbrain(*words, "--data", tmp_path, code=1)
    app = ["client", "add", "日记", "--type", "public", "--redirect", "https://app.example/", "--scopes", "patient/*.rs"]
    healthbrain(*app, "--data", tmp_path, code=1)
    assert healthbrain("client", "list", "--data", tmp_path) == ""
    assert healthbrain("account", "list", "--data", tmp_path) == "known\tknown\tactive\t\n"


@pytest.mark.parametrize("source", KINDS)
@pytest.mark.parametrize("target", KINDS)
def test_a_backup_brings_the_house_back_elsewhere(source, target, tmp_path):
    house = furnished(folder(tmp_path / "one"), database(source))
    app = healthbrain(
        "client", "add", "日记", "--type", "public", "--redirect", "https://app.example/", "--scopes", "patient/*.rs",
        *house.store).split("\t")[0]
    healthbrain("account", "tie", "doctor", "--provider", "city", "--subject", "s-17", *house.store)
    time.sleep(1.2)
    file, keys = tmp_path / "all.feed.zst", tmp_path / "keys"
    said = healthbrain("database", "backup", *house.store, "--to", file, "--keys", keys)
    assert "4 accounts" in said and "server.key, audit.key" in said
    for name in [file, f"{file}.house", keys / "server.key", keys / "audit.key"]:
        assert os.stat(name).st_mode & 0o077 == 0, name
    assert house.stop() == 0
    size = int(re.search(r"(\d+) events agree", verify(house)).group(1))

    other = House(str(folder(tmp_path / "two")), database(target))
    # A file that is damaged changes nothing.
    damaged = tmp_path / "damaged.feed.zst"
    shutil.copy(file, damaged)
    content = bytearray((tmp_path / "all.feed.zst.house").read_bytes())
    content[len(content) // 2] ^= 0x55
    (tmp_path / "damaged.feed.zst.house").write_bytes(content)
    assert "damaged" in healthbrain("database", "restore", damaged, *other.store, code=1)
    assert "4 accounts, 1 programs" in healthbrain("database", "restore", file, *other.store, "--keys", keys)
    assert "already" in healthbrain("database", "restore", file, *other.store, code=1)
    assert "events agree" in verify(other)
    other.start()
    other.sign_in("doctor", PASSWORD)
    other.sign_in("operator", PASSWORD)
    assert other.ask("doctor", "GET", "/fhir/Patient/p1")[0] == 200
    assert other.ask("doctor", "GET", "/fhir/Patient/p2")[0] == 404
    # Who was signed in at the old place is not at the new one.
    other.cookies["resident"] = house.cookies["resident"]
    assert other.ask("resident", "GET", "/fhir/Patient/p1")[0] == 401
    assert app in healthbrain("client", "list", *other.store)
    assert "identity city s-17" in healthbrain("account", "show", "doctor", *other.store)
    restored = [reason for _, command, reason in told(other) if command == "healthbrain database"]
    assert restored == ["backup", "the store was restored from a backup"]
    assert other.stop() == 0
    report = verify(other)
    assert int(re.search(r"(\d+) events agree", report).group(1)) > size - 20
    # What was signed at the old place until the backup stands at the new one.
    assert "events agree" in verify(other, "--checkpoint", keys / "audit.checkpoint")
    # The old place has gone on after the backup: its last checkpoint is not of this log.
    assert "checkpoint" in verify(other, "--checkpoint", tmp_path / "one" / "audit.checkpoint", code=1)


@needs_postgres
def test_a_copy_takes_the_house_along_and_back(tmp_path):
    house = furnished(folder(tmp_path / "one"))
    assert house.stop() == 0
    size = int(re.search(r"(\d+) events agree", verify(house)).group(1))
    middle = database("postgres")
    assert "4 accounts" in healthbrain("database", "copy", tmp_path / "one", middle)
    assert "4 accounts" in healthbrain("database", "copy", middle, tmp_path / "two")
    for key in ["server.key", "audit.key"]:
        shutil.copy(tmp_path / "one" / key, tmp_path / "two" / key)
    back = House(str(tmp_path / "two"))
    assert f"{size + 4} events agree" in verify(back, "--checkpoint", tmp_path / "one" / "audit.checkpoint")
    back.start()
    back.sign_in("doctor", PASSWORD)
    assert back.ask("doctor", "GET", "/fhir/Patient/p1")[0] == 200
    assert back.stop() == 0
    healthbrain("database", "copy", "--records-only", tmp_path / "one", tmp_path / "three")
    assert not (tmp_path / "three" / "accounts.db").exists()
    assert "--with-keys copies" in healthbrain("database", "copy", "--with-keys", middle, tmp_path / "four", code=2)


@pytest.mark.parametrize("kind", KINDS)
def test_another_server_key_keeps_everybody(kind, tmp_path):
    house = furnished(folder(tmp_path / "data"), database(kind))
    before = (tmp_path / "data" / "server.key").read_text()
    running = "in use" if kind == "sqlite" else "Stop all servers"
    assert running in healthbrain("key", "rotate-server", *house.store, code=1)
    assert house.stop() == 0
    assert "new key" in healthbrain("key", "rotate-server", *house.store)
    assert (tmp_path / "data" / "server.key").read_text() != before
    assert (tmp_path / "data" / "server.key.old").read_text() == before
    house.start()
    house.sign_in("doctor", PASSWORD)
    assert house.stop() == 0
    assert "events agree" in verify(house)


def test_the_rules_of_sign_in_can_be_set(tmp_path):
    house = furnished(folder(tmp_path / "data"))
    house.stop()
    house.arguments += ["--classified-protection-level3", "--second-factor-for", "resident"]
    house.start()
    kind = {"Content-Type": "application/json"}
    for who in ["doctor", "operator", "manager", "resident"]:
        told = house.ask(who, "POST", "/session", {"login": who, "password": PASSWORD}, kind)[1]
        assert told["stage"] == "enrolment", who
    house.stop()
    assert "sslmode" in healthbrain("status", "--database", "postgres://somebody@db.example/x", code=2)


def test_a_free_port_is_the_one_that_everything_names(tmp_path):
    process = subprocess.Popen(
        [server.BINARY, "serve", "--port", "0", "--data", tmp_path, "--access", "enforced", "--format", "json"],
        stdout=subprocess.PIPE, text=True)
    try:
        lines = [json.loads(process.stdout.readline()) for _ in range(2)]
        root = next(line["pages"] for line in lines if "pages" in line)
        port = int(re.search(r":(\d+)/", root).group(1))
        house = House(str(tmp_path))
        house.port = port
        for _ in range(100):
            try:
                found = json.loads(house.request("GET", "/.well-known/openid-configuration")[1])
                break
            except OSError:
                time.sleep(0.1)
        assert found["issuer"] + "/" == root
    finally:
        process.terminate()
        process.wait(60)


# --- Whoever has the database file in hand

@pytest.fixture(scope="module")
def kept(tmp_path_factory):
    """A folder of a house that has ended, an older copy of its database, and what was kept elsewhere."""
    place = tmp_path_factory.mktemp("kept")
    house = furnished(folder(place / "data"))
    house.stop()
    shutil.copytree(place / "data", place / "older")
    house.start()
    house.sign_in("doctor", PASSWORD)
    for _ in range(300):
        assert house.ask("doctor", "GET", "/fhir/Patient/p1")[0] == 200
    time.sleep(6)
    for _ in range(20):
        house.ask("doctor", "GET", "/fhir/Patient/p1")
    house.stop()
    (place / "public").write_text(healthbrain("audit", "checkpoint", *house.store, "--public-key"))
    shutil.copy(place / "data" / "audit.checkpoint", place / "elsewhere")
    assert "events agree" in verify(house)
    return place


def bend(kept, tmp_path, *statements):
    copy = tmp_path / "bent"
    shutil.copytree(kept / "data", copy)
    connection = sqlite3.connect(copy / "healthbrain.db")
    for statement in statements:
        assert connection.execute(statement).rowcount != 0, statement
    connection.commit()
    connection.close()
    return copy


LAST = "(SELECT max(first) FROM audit_block)"
ANY = "(SELECT first FROM audit_block ORDER BY first LIMIT 1 OFFSET (SELECT count(*) / 2 FROM audit_block))"


@pytest.mark.parametrize("statements", [
    [f"DELETE FROM audit_block WHERE first = {ANY}"],
    [f"DELETE FROM audit_block WHERE first = {LAST}"],
    [f"UPDATE audit_block SET entries = CAST(zeroblob(length(entries)) AS BLOB) WHERE first = {ANY}"],
    [f"UPDATE audit_block SET entries = (SELECT entries FROM audit_block WHERE first = {LAST}) WHERE first = {ANY}"],
    ["UPDATE audit_block SET first = -first - 1 WHERE first > 0"],
    ["DELETE FROM audit_patient WHERE entry = (SELECT max(entry) FROM audit_patient)"],
    ["DELETE FROM audit_account WHERE block = (SELECT max(block) FROM audit_account)"],
    ["DELETE FROM audit_checkpoint WHERE size = (SELECT max(size) FROM audit_checkpoint)"],
    ["DELETE FROM audit_checkpoint WHERE size = (SELECT min(size) FROM audit_checkpoint)"],
    ["DELETE FROM audit_checkpoint"],
    ["UPDATE audit_checkpoint SET at = at - 1 WHERE size = (SELECT min(size) FROM audit_checkpoint)"],
    ["UPDATE audit_tree SET size = size - 1"],
    ["DELETE FROM audit_tree"],
    ["DROP TABLE audit_block"],
])
def test_a_statement_in_the_database_file_is_found(kept, tmp_path, statements):
    copy = bend(kept, tmp_path, *statements)
    said = healthbrain("audit", "verify", "--data", copy, code=1)
    assert "does not verify" in said


def test_an_older_database_under_a_newer_checkpoint_is_found_and_not_signed_over(kept, tmp_path):
    copy = tmp_path / "old"
    shutil.copytree(kept / "data", copy)
    for name in os.listdir(copy):
        if name.startswith("healthbrain.db"):
            (copy / name).unlink()
    shutil.copy(kept / "older" / "healthbrain.db", copy / "healthbrain.db")
    assert "checkpoint" in healthbrain("audit", "verify", "--data", copy, code=1)
    proof = (copy / "audit.checkpoint").read_bytes()
    house = House(str(copy))
    house.start()
    house.sign_in("doctor", PASSWORD)
    time.sleep(7)
    house.process.terminate()
    house.process.wait(60)
    # What proves it is still there, though a server has written on.
    assert (copy / "audit.checkpoint").read_bytes() == proof
    assert "does not verify" in healthbrain("audit", "verify", "--data", copy, code=1)


def test_the_end_cut_off_in_agreement_with_itself_is_found(kept, tmp_path):
    """The older database is such a cut: everything in it agrees, its last checkpoint too."""
    assert "events agree" in healthbrain("audit", "verify", "--data", kept / "older")
    said = healthbrain("audit", "verify", "--data", kept / "older", "--checkpoint", kept / "elsewhere", code=1)
    assert "checkpoint kept elsewhere" in said


def test_another_log_in_its_place_is_found(kept, tmp_path):
    thief = furnished(folder(tmp_path / "thief"))
    thief.stop()
    assert "events agree" in verify(thief)
    public = kept / "public"
    # With the thief's own key beside it everything agrees; the key that was kept elsewhere tells.
    moved = shutil.copytree(tmp_path / "thief", tmp_path / "moved", ignore=shutil.ignore_patterns("audit.checkpoint"))
    assert "does not verify" in healthbrain("audit", "verify", "--data", moved, "--public-key", public, code=1)
    assert "no good signature" in healthbrain("audit", "verify", *thief.store, "--public-key", public, code=1)
    # Its database alone, beside the keys of the house.
    copy = tmp_path / "mixed"
    shutil.copytree(kept / "data", copy, ignore=shutil.ignore_patterns("healthbrain.db*"))
    shutil.copy(tmp_path / "thief" / "healthbrain.db", copy)
    assert "does not verify" in healthbrain("audit", "verify", "--data", copy, code=1)
    # Without its checkpoints, and without the file.
    connection = sqlite3.connect(copy / "healthbrain.db")
    connection.execute("DELETE FROM audit_checkpoint")
    connection.commit()
    connection.close()
    (copy / "audit.checkpoint").unlink()
    assert "no checkpoint speaks" in healthbrain("audit", "verify", "--data", copy, code=1)


@needs_postgres
@pytest.mark.parametrize("statement", [
    f"DELETE FROM audit_block WHERE first = {ANY}", f"DELETE FROM audit_block WHERE first = {LAST}",
    "UPDATE audit_block SET entries = decode(repeat('00', length(entries)), 'hex')",
    "DELETE FROM audit_checkpoint WHERE size = (SELECT min(size) FROM audit_checkpoint)", "DELETE FROM audit_checkpoint",
    "UPDATE audit_tree SET size = size - 1",
])
def test_a_statement_in_postgres_is_found(statement, tmp_path):
    place = database("postgres")
    house = furnished(folder(tmp_path / "data"), place)
    house.stop()
    assert "events agree" in verify(house)
    schema = place.split("schema=")[1]
    subprocess.run(
        ["psql", "--quiet", "--no-psqlrc", "--set", "ON_ERROR_STOP=1", "--dbname", POSTGRES, "--command",
         f"SET search_path = {schema}; {statement}"], check=True, timeout=60)
    assert "does not verify" in verify(house, code=1)


def test_a_token_follows_no_redirection(tmp_path):
    """A server that sends `load` elsewhere gets an answer like any other; elsewhere nobody asks."""
    import http.server
    import threading

    asked = []

    class Elsewhere(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            asked.append((self.server.server_port, self.path, self.headers.get("Authorization")))
            self.send_response(307 if self.server is first else 200)
            self.send_header("Location", f"http://127.0.0.1:{second.server_port}{self.path}")
            self.send_header("Content-Length", "0")
            self.end_headers()

        do_POST = do_HEAD = do_PUT = do_GET

        def log_message(self, *_):
            pass

    first, second = (http.server.ThreadingHTTPServer(("127.0.0.1", 0), Elsewhere) for _ in range(2))
    for one in (first, second):
        threading.Thread(target=one.serve_forever, daemon=True).start()
    token, records = tmp_path / "token", tmp_path / "records.ndjson"
    token.touch(mode=0o600)
    token.write_text("secret-token\n")
    records.write_text('{"resourceType":"Patient","id":"p1"}\n')
    done = subprocess.run(
        [server.BINARY, "load", records, "--server", f"http://127.0.0.1:{first.server_port}", "--token-file", token,
         "--data", tmp_path], capture_output=True, text=True, timeout=120)
    assert done.returncode != 0
    for one in (first, second):
        one.shutdown()
    assert asked and all(port == first.server_port and header == "Bearer secret-token" for port, _, header in asked)
