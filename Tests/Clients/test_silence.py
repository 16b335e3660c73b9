"""A whole session with names, numbers, phones, tokens and passwords that stand nowhere else, in bodies, addresses, headers and
forms; then none of them may be in anything that the program said: logs at the finest level, metrics, and commands."""

import http.client
import json
import os
import re
import socket
import subprocess
import time
import urllib.parse

import pytest

from conftest import postgres_database
from server import BINARY, Server

NAME, GIVEN, LATIN = "欧阳锦琇", "锦琇", "Ouyangjinxiu"
NUMBER, PHONE, CARD = "330106198503124587", "13957184402", "ZJ77120934"
ADDRESS, MAIL = "翡翠弄堂四十七号", "jinxiu.ouyang@post.example"
BEARER, SESSION, STATE = "tok-9f3e7a61c5d2b8", "sess-4d1c8872ee0f", "state-77ab01c93d"
LOGIN, PASSWORD = "jinxiu.login", "korall-Falter 雨燕 93"
SECRETS = [
    NAME, GIVEN, LATIN, NUMBER, PHONE, CARD, ADDRESS, MAIL, BEARER, SESSION, STATE, PASSWORD, "korall-Falter", LOGIN,
]


def forms(word):
    """A word as it may stand in an output: as it is, percent-encoded, as JSON, as bytes of a dump, without case."""
    encoded = word.encode()
    yield from {
        word, urllib.parse.quote(word), urllib.parse.quote_plus(word), json.dumps(word)[1:-1], repr(encoded)[2:-1],
        "".join(f"\\u{{{ord(c):x}}}" if ord(c) > 127 else c for c in word), encoded.hex(),
    }


def assert_silent(text, where):
    lowered = text.lower()
    for word in SECRETS:
        for form in forms(word):
            place = lowered.find(form.lower())
            assert place < 0, f"{where} holds {word}: …{text[max(place - 200, 0):place + 100]}…"


def person(identity):
    return {
        "resourceType": "Patient", "id": identity,
        "identifier": [{"system": "urn:oid:2.16.156.10011.1.3", "value": NUMBER}, {"value": CARD}],
        "name": [{"text": NAME, "family": NAME[:2], "given": [GIVEN]}, {"text": LATIN}],
        "telecom": [{"system": "phone", "value": PHONE}, {"system": "email", "value": MAIL}],
        "address": [{"text": ADDRESS}], "birthDate": "1985-03-12", "gender": "female",
    }


class Session:
    """Requests of every kind, good and bad."""

    def __init__(self, server, headers=None):
        self.server = server
        self.headers = headers or {}
        self.statuses = []

    def send(self, method, path, body=None, **headers):
        connection = http.client.HTTPConnection("127.0.0.1", self.server.port, timeout=60)
        data = body if isinstance(body, (bytes, type(None))) else json.dumps(body, ensure_ascii=False).encode()
        fields = {
            "Content-Type": "application/fhir+json", "Authorization": f"Bearer {BEARER}", "X-Request-Id": PHONE,
            "Cookie": f"healthbrain_session={SESSION}; __Host-healthbrain={SESSION}", "User-Agent": LATIN,
            "Referer": f"http://localhost/residents/{NUMBER}?q={PHONE}", "X-Form-Token": SESSION, "X-Forwarded-For": PHONE,
            "Origin": f"http://{LATIN}.example", **self.headers, **{k.replace("_", "-"): v for k, v in headers.items()},
        }
        fields = {name: value for name, value in fields.items() if value is not None}
        try:
            connection.request(method, path, data, fields)
            answer = connection.getresponse()
            answer.read()
            self.statuses.append(answer.status)
            return answer.status
        finally:
            connection.close()

    def run(self):
        name, address = urllib.parse.quote(NAME), urllib.parse.quote(ADDRESS)
        send = self.send
        # What is stored, changed and taken away.
        send("PUT", f"/fhir/Patient/{NUMBER}", person(NUMBER))
        send("POST", "/fhir/Patient", person(CARD))
        send("POST", "/fhir/Patient", person(CARD), If_None_Exist=f"identifier={NUMBER}&name={name}")
        send("PUT", f"/fhir/Patient?identifier={NUMBER}", person(CARD))
        send("PATCH", f"/fhir/Patient/{NUMBER}", [{"op": "replace", "path": "/name/0/text", "value": NAME}],
             Content_Type="application/json-patch+json")
        send("PATCH", f"/fhir/Patient/{NUMBER}", [{"op": "test", "path": f"/{LATIN}/{PHONE}", "value": NAME}],
             Content_Type="application/json-patch+json")
        send("PUT", f"/fhir/Patient/{NUMBER}", person(NUMBER), If_Match=f'W/"{PHONE}"')
        send("POST", "/fhir", {"resourceType": "Bundle", "type": "transaction", "entry": [
            {"resource": person("a"), "fullUrl": f"urn:uuid:{NAME}", "request": {"method": "POST", "url": "Patient"}},
            {"resource": {"resourceType": "Observation", "status": "final", "code": {"text": NAME}, "valueString": PHONE,
                          "subject": {"reference": f"Patient?identifier={NUMBER}", "display": NAME}},
             "request": {"method": "POST", "url": "Observation"}},
            {"request": {"method": "GET", "url": f"Patient?name={name}"}}]})
        send("POST", "/fhir", {"resourceType": "Bundle", "type": "batch", "entry": [
            {"request": {"method": "DELETE", "url": f"Patient?identifier={NUMBER}&{LATIN}={PHONE}"}},
            {"request": {"method": "GET", "url": f"Patient/{PHONE}/{NAME}"}}]})
        # What is asked for.
        for query in [
            f"name={name}", f"identifier={NUMBER}", f"phone={PHONE}", f"address={address}", f"email={MAIL}", f"_content={name}",
            f"birthdate={NUMBER}", f"{LATIN}={PHONE}", f"name:{LATIN}={name}", f"_id={NUMBER}&_count={PHONE}",
            f"_sort={LATIN}", f"_include={LATIN}:{PHONE}", f"_has:Observation:{LATIN}:code={name}", f"_format={LATIN}",
            f"general-practitioner.{LATIN}={NUMBER}", f"_page={STATE}", f"name=%C0%AF{LATIN}", f"access_token={BEARER}",
        ]:
            send("GET", f"/fhir/Patient?{query}")
        form = urllib.parse.urlencode({"name": NAME, "identifier": NUMBER, "password": PASSWORD}).encode()
        send("POST", "/fhir/Patient/_search", form, Content_Type="application/x-www-form-urlencoded")
        for path in [
            f"/fhir/Patient/{NUMBER}", f"/fhir/Patient/{NUMBER}/_history", f"/fhir/Patient/{NUMBER}/_history/{PHONE}",
            f"/fhir/Patient/{NUMBER}/$everything?_since={PHONE}", f"/fhir/{LATIN}/{PHONE}", f"/fhir/Patient/{name}",
            f"/fhir/Patient/{PHONE}/%2e%2e/{LATIN}", f"/fhir/{NUMBER}%00", f"/fhir/Patient/{NUMBER}/${LATIN}",
            f"/fhir/ValueSet/$expand?url=http://{LATIN}/{PHONE}&filter={name}", f"/residents?q={name}&phone={PHONE}",
            f"/residents?name={name}&identifier={NUMBER}&page={STATE}", f"/residents/{NUMBER}?section={LATIN}",
            f"/records/Patient/{NUMBER}?version={PHONE}", f"/records/{LATIN}/{PHONE}", f"/?district={NUMBER}&lang={LATIN}",
            f"/{LATIN}/{PHONE}", f"/my/accesses?patient={NUMBER}", f"/auth/authorize?state={STATE}&login_hint={PHONE}",
            f"/auth/oidc/{LATIN}/callback?code={BEARER}&state={STATE}", f"/operator/audit?patient=Patient/{NUMBER}",
        ]:
            send("GET", path)
        # What can't be read.
        send("POST", "/fhir/Patient", f'{{"resourceType":"Patient","name":[{{"text":"{NAME}"'.encode())
        send("POST", "/fhir/Patient", f'{{"resourceType":"{LATIN}","{NAME}":"{PHONE}"}}'.encode())
        send("POST", "/fhir/Patient", person(CARD) | {LATIN: NUMBER, "birthDate": PHONE, "gender": NAME})
        send("POST", "/fhir/Patient/$validate", person(CARD) | {"birthDate": NUMBER})
        send("POST", f"/fhir/{LATIN}", person(CARD), Content_Type=f"text/{LATIN}")
        send("POST", "/fhir/Patient", NAME.encode("utf-16"), Content_Encoding="gzip")
        send("POST", "/fhir/Patient", person(CARD), Content_Encoding=LATIN)
        send("GET", "/fhir/Patient", Accept=f"text/{LATIN}", If_Modified_Since=PHONE, Prefer=f"handling={NAME.encode().hex()}")
        send("GET", "/fhir/Patient", Host=f"{LATIN}.example")
        send(LATIN.upper(), f"/fhir/Patient/{NUMBER}")
        send("POST", "/sign-in", urllib.parse.urlencode({
            "name": LOGIN, "login": LOGIN, "user": LOGIN, "password": PASSWORD, "token": STATE}).encode(),
            Content_Type="application/x-www-form-urlencoded")
        send("POST", "/auth/token", urllib.parse.urlencode({
            "grant_type": "refresh_token", "refresh_token": BEARER, "client_assertion": SESSION, "code": STATE}).encode(),
            Content_Type="application/x-www-form-urlencoded")
        for raw in [
            f"GET /{NUMBER} HTTP/9\r\n{LATIN}: {PHONE}\r\n\r\n",
            f"POST /fhir/Patient/{NUMBER} HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n{NAME}",
            f"GET /fhir/Patient?name={LATIN} HTTP/1.1\r\nHost: localhost\r\nX-{LATIN}: {PHONE * 9000}\r\n\r\n",
            f"PUT /fhir/Patient/{NUMBER} HTTP/1.1\r\nHost: localhost\r\nContent-Length: 900\r\n\r\n{NAME}",
        ]:
            with socket.create_connection(("127.0.0.1", self.server.port), timeout=20) as stream:
                stream.sendall(raw.encode())
                stream.settimeout(0.5)
                try:
                    while stream.recv(65536):
                        pass
                except (TimeoutError, ConnectionError):
                    pass
        send("DELETE", f"/fhir/Patient/{NUMBER}")
        send("GET", f"/fhir/Patient/{NUMBER}")


def place(kind, folder):
    if kind == "sqlite":
        return [], lambda: None
    address, finish = postgres_database()
    return ["--database", address], finish


@pytest.mark.parametrize("kind", ["sqlite", "postgres"])
@pytest.mark.parametrize("access", ["open", "enforced"])
def test_nothing_that_is_said_holds_anything_about_anybody(kind, access, tmp_path):
    usage = subprocess.run([BINARY, "serve", "--help"], capture_output=True, text=True, timeout=60).stdout
    arguments = ["--log-level", "trace"]
    if "--access" in usage:
        arguments += ["--access", access]
    elif access == "enforced":
        pytest.skip("this server has no --access yet")
    database, finish = place(kind, tmp_path)
    folder = tmp_path / "data"
    folder.mkdir()
    server = Server(str(folder), [*database, *arguments])
    choice = database or ["--data", str(folder)]
    environment = {**os.environ, "HEALTHBRAIN_KEY_FILE": str(folder / "server.key")}

    def command(*words, typed=""):
        done = subprocess.run(
            [BINARY, *words], env=environment, input=typed, capture_output=True, text=True, timeout=120)
        return done.stdout + done.stderr

    try:
        server.start()
        # The operator's own words to the command come back to the operator's terminal, and go nowhere else.
        command("account", "add", LOGIN, "--ask-password", *choice, typed=PASSWORD + "\n")
        session = Session(server)
        session.run()
        # Without the headers of somebody who has signed in, and with those of a client that goes on.
        Session(server, {"Authorization": None, "Cookie": None, "X-Request-Id": NUMBER}).run()
        assert set(session.statuses) - {401, 403}, "some of it was answered at all"
        if access == "open":
            assert {200, 201, 400, 404} <= set(session.statuses)
        metrics = server_metrics(server)
        assert "healthbrain_http_request_duration_seconds" in metrics
        assert_silent(metrics, "the metrics")
        said = [("status", command("status", "--server", server.base))]
    finally:
        if server.process is not None:
            server.stop()
        log = (folder / "server.log").read_text(encoding="utf-8", errors="backslashreplace")
    said += [
        (" ".join(words), command(*words, *choice))
        for words in [("status",), ("audit", "verify"), ("audit", "checkpoint")]
    ]
    finish()
    assert re.search(r"interaction=(create|update)", log), "the log was at its finest"
    assert_silent(log, "the log")
    for words, text in said:
        assert_silent(text, words)


def server_metrics(server):
    for _ in range(20):
        connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=60)
        connection.request("GET", "/metrics")
        answer = connection.getresponse()
        text = answer.read().decode()
        connection.close()
        if answer.status == 200:
            return text
        time.sleep(0.1)
    raise AssertionError(f"no metrics: {answer.status}")
