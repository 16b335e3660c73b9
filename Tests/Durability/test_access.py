"""A server that asks who is there: sign-in, the rules, and an audit log that loses nothing to `kill -9`."""

import http.client
import json
import os
import random
import re
import stat
import subprocess
import threading
import time

import server
from server import Server

PASSWORD = "kelp-Orbit 蓝鲸 47"
ICD = "http://hl7.org/fhir/sid/icd-10"


def resources():
    now = time.strftime("%Y-%m-%dT%H:%M:%S+08:00")

    def visit(key, patient, hospital):
        return {
            "resourceType": "Encounter", "id": key, "status": "in-progress",
            "class": {"system": "http://terminology.hl7.org/CodeSystem/v3-ActCode", "code": "AMB"},
            "subject": {"reference": f"Patient/{patient}"}, "period": {"start": now},
            "serviceProvider": {"reference": f"Organization/{hospital}"}}

    def condition(key, patient, code):
        return {
            "resourceType": "Condition", "id": key, "subject": {"reference": f"Patient/{patient}"},
            "code": {"coding": [{"system": ICD, "code": code}]}}

    return [
        {"resourceType": "Organization", "id": "h1", "name": "一院"},
        {"resourceType": "Organization", "id": "h2", "name": "二院"},
        {"resourceType": "Practitioner", "id": "d1", "name": [{"family": "李"}]},
        {"resourceType": "PractitionerRole", "id": "r1", "practitioner": {"reference": "Practitioner/d1"},
         "organization": {"reference": "Organization/h1"}},
        {"resourceType": "Patient", "id": "p1", "name": [{"family": "张"}]},
        {"resourceType": "Patient", "id": "p2", "name": [{"family": "王"}]},
        visit("e1", "p1", "h1"), visit("e2", "p2", "h2"),
        condition("c1", "p1", "J06.9"), condition("c2", "p2", "J06.9"), condition("hiv", "p1", "B24"),
    ]


class House(Server):
    """A guarded server, and people who sign in at it."""

    def __init__(self, folder, database=None, arguments=()):
        place = ["--database", database] if database else []
        super().__init__(folder, [*place, "--access", "enforced", *arguments])
        # Where commands find the store.
        self.store = [*place, "--data", folder]
        self.cookies = {}

    def run(self, *arguments, typed=""):
        done = subprocess.run(
            [server.BINARY, *arguments], input=typed, capture_output=True, text=True, timeout=120)
        assert done.returncode == 0, done.stderr
        return done.stdout

    def ask(self, who, method, path, body=None, headers=None):
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        headers = dict(headers or {})
        if body is not None:
            headers.setdefault("Content-Type", "application/fhir+json")
            body = json.dumps(body)
        if who in self.cookies:
            headers["Cookie"], headers["X-Form-Token"] = self.cookies[who]
        connection.request(method, path, body, headers)
        response = connection.getresponse()
        text = response.read()
        cookie = response.getheader("Set-Cookie")
        return response.status, json.loads(text) if text else None, cookie and cookie.split(";")[0]

    def sign_in(self, who, password, new=None):
        """Signs in, and chooses a password where the first one was for one use."""
        kind = {"Content-Type": "application/json"}
        self.cookies.pop(who, None)
        status, told, cookie = self.ask(who, "POST", "/session", {"login": who, "password": password}, kind)
        assert status == 200, told
        if told["stage"] == "newPassword":
            status, told, cookie = self.ask(
                who, "POST", "/session/password", {"current": password, "new": new}, {**kind, "Cookie": cookie})
            assert status == 200, told
        assert told["stage"] == "full"
        self.cookies[who] = (cookie, told["formToken"])

    def add(self, login, *role):
        made = self.run("account", "add", login, *self.store, *role)
        self.sign_in(login, re.search(r"not shown again: (\S+)", made).group(1), PASSWORD)


def furnished(folder, database=None, arguments=()):
    """A guarded server with records, an operator who has just arrived, and people of every face."""
    house = House(str(folder), database, arguments)
    house.start()
    with open(os.path.join(folder, "server.log"), encoding="utf-8") as log:
        first = re.search(r"operator\t(\S+)\t", log.read()).group(1)
    house.sign_in("operator", first, PASSWORD)
    token = os.path.join(folder, "house.token")
    assert stat.S_IMODE(os.stat(token).st_mode) == 0o600
    records = os.path.join(folder, "records.ndjson")
    with open(records, "w", encoding="utf-8") as file:
        file.writelines(json.dumps(resource) + "\n" for resource in resources())
    house.run("load", records, "--server", house.base, "--data", str(folder), "--token-file", token)
    staff = ["--person", "Practitioner/d1", "--practitioner-role", "PractitionerRole/r1"]
    house.add("doctor", "--role", "clinician", "--organization", "Organization/h1", *staff)
    house.add("manager", "--role", "manager", "--organization", "Organization/h1", *staff)
    house.add("resident", "--role", "resident", "--person", "Patient/p1")
    return house


def test_everybody_sees_what_is_theirs_and_leaves_a_trace(tmp_path):
    house = furnished(tmp_path)
    assert house.ask("nobody", "GET", "/fhir/Patient/p1")[0] == 401
    expected = {
        "doctor": {"Patient/p1": 200, "Condition/c1": 200, "Condition/hiv": 404, "Patient/p2": 404, "Condition/c2": 404},
        "resident": {"Patient/p1": 200, "Condition/hiv": 200, "Patient/p2": 404},
        "manager": {"Patient/p1": 403, "Condition/c1": 403},
        "operator": {"Patient/p1": 403, "Condition/c1": 403},
    }
    for who, answers in expected.items():
        for reference, status in answers.items():
            assert house.ask(who, "GET", f"/fhir/{reference}")[0] == status, (who, reference)
    assert house.ask("doctor", "GET", "/fhir/Patient/p2")[1] == house.ask("doctor", "GET", "/fhir/Patient/zz")[1]
    found = house.ask("doctor", "GET", "/fhir/Patient?_total=accurate&_revinclude=Condition:subject")[1]
    assert found["total"] == 1
    assert {entry["resource"]["id"] for entry in found["entry"]} == {"p1", "c1"}

    observation = {
        "resourceType": "Observation", "status": "final", "code": {"text": "体温"},
        "subject": {"reference": "Patient/p1"}, "performer": [{"reference": "Organization/h1"}]}
    assert house.ask("doctor", "POST", "/fhir/Observation", observation)[0] == 201
    foreign = {**observation, "subject": {"reference": "Patient/p2"}}
    assert house.ask("doctor", "POST", "/fhir/Observation", foreign)[0] in (403, 404)
    without_token = (house.cookies["doctor"][0], "")
    house.cookies["forged"] = without_token
    assert house.ask("forged", "POST", "/fhir/Observation", observation)[0] == 403

    time.sleep(1.2)
    mine = house.ask("resident", "GET", "/fhir/AuditEvent?_count=1000")[1]
    doctors = [
        entry["resource"] for entry in mine["entry"]
        if any(agent.get("who", {}).get("reference") == "Practitioner/d1" for agent in entry["resource"]["agent"])]
    assert doctors and all("Patient/p2" not in json.dumps(event) for event in doctors)
    assert house.ask("doctor", "GET", "/fhir/AuditEvent")[0] == 403
    kinds = {
        entry["resource"].get("subtype", [{}])[0].get("code")
        for entry in house.ask("operator", "GET", "/fhir/AuditEvent?_count=1000")[1]["entry"]}
    assert {"read", "search", "create", "110122", "110120"} <= kinds
    assert house.stop() == 0
    assert "events agree" in house.run("audit", "verify", "--data", str(tmp_path))


def test_break_glass_over_http(tmp_path):
    house = furnished(tmp_path)
    emergency = {"X-Purpose-Of-Use": "ETREAT"}
    reason = {"resourceType": "Parameters", "parameter": [{"name": "reason", "valueString": "昏迷，无法询问"}]}
    assert house.ask("doctor", "GET", "/fhir/Patient/p2", headers=emergency)[0] == 404
    assert house.ask("doctor", "POST", "/fhir/Patient/p2/$break-glass", reason)[0] == 200
    assert house.ask("doctor", "GET", "/fhir/Patient/p2", headers=emergency)[0] == 200
    assert house.ask("resident", "POST", "/fhir/Patient/p2/$break-glass", reason)[0] == 403
    house.stop()


class Reader(threading.Thread):
    """Reads until the server is gone, and counts what was answered."""

    def __init__(self, house, who):
        super().__init__(daemon=True)
        self.house, self.who, self.answered = house, who, []

    def run(self):
        number = 0
        connection = http.client.HTTPConnection("127.0.0.1", self.house.port, timeout=30)
        while True:
            number += 1
            name = f"{self.name}-{number}"
            try:
                connection.request(
                    "GET", "/fhir/Patient/p1", headers={"Cookie": self.house.cookies[self.who][0], "X-Request-Id": name})
                response = connection.getresponse()
                response.read()
            except (OSError, http.client.HTTPException):
                return
            if response.status == 200:
                self.answered.append(name)


def test_a_killed_server_loses_no_read(tmp_path):
    seed = int(os.environ.get("HEALTHBRAIN_SEED", str(random.SystemRandom().randrange(1 << 32))))
    print(f"seed {seed}")
    moments = random.Random(seed)
    house = furnished(tmp_path)
    answered = []
    for _ in range(int(os.environ.get("HEALTHBRAIN_KILL_ROUNDS", "5"))):
        readers = [Reader(house, "doctor") for _ in range(4)]
        for reader in readers:
            reader.start()
        time.sleep(moments.uniform(0.1, 1.0))
        house.kill()
        for reader in readers:
            reader.join(timeout=60)
            answered += reader.answered
        house.start()
        house.sign_in("doctor", PASSWORD)
    assert answered, "no read was answered: the rounds are too short to tell anything"
    time.sleep(1.2)
    told, path = set(), "/fhir/AuditEvent?patient=Patient/p1&subtype=read&_count=1000"
    house.sign_in("operator", PASSWORD)
    while path:
        page = house.ask("operator", "GET", path)[1]
        for entry in page.get("entry", []):
            for entity in entry["resource"].get("entity", []):
                told.add(entity.get("what", {}).get("identifier", {}).get("value"))
        following = [link["url"] for link in page["link"] if link["relation"] == "next"]
        path = following[0].split(str(house.port), 1)[1] if following else None
    lost = set(answered) - told
    assert not lost, f"{len(lost)} of {len(answered)} reads were answered and are not in the log"
    assert house.stop() == 0
    assert "events agree" in house.run("audit", "verify", "--data", str(tmp_path))
    print(f"{len(answered)} answered reads are all in the log")
