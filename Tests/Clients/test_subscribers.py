"""Records on their way out (数据共享): a city's brain, an institution, a resident who refused, a receiver that is away."""

import json
import os
import subprocess
import time
from pathlib import Path

import pytest
import requests
from jwcrypto import jwk, jwt

from receiver import EXTENSION, Receiver, is_signed, subscription
from server import BINARY, Server

HBA1C = {"coding": [{"system": "http://loinc.org", "code": "4548-4", "display": "HbA1c"}], "text": "糖化血红蛋白"}


class House:
    def __init__(self, folder, arguments=()):
        self.folder = folder
        self.server = Server(folder, ["--access", "enforced", "--out-to", "127.0.0.1", *arguments])
        self.base = self.server.base
        self.key = jwk.JWK.generate(kty="EC", crv="P-384", kid="k1", use="sig")
        self.keys = Path(folder, "program.jwks")
        self.keys.write_text(json.dumps({"keys": [self.key.export_public(as_dict=True)]}), encoding="ascii")

    def run(self, *arguments):
        done = subprocess.run(
            [str(BINARY), *arguments], capture_output=True, text=True, timeout=60, check=False)
        assert done.returncode == 0, done.stderr
        return done.stdout

    def program(self, name, *rights, scopes="system/*.rs"):
        return self.run(
            "client", "add", name, "--type", "backend", "--scopes", scopes, "--jwks", str(self.keys), *rights,
            "--data", self.folder).split("\t")[0]

    @property
    def token(self):
        return Path(self.folder, "house.token").read_text(encoding="ascii").strip()

    def ask(self, method, path, body=None, token=None):
        return requests.request(
            method, f"{self.base}{path}", json=body, timeout=30,
            headers={"Authorization": f"Bearer {token or self.token}", "Content-Type": "application/fhir+json"})

    def put(self, resource):
        done = self.ask("PUT", f"/fhir/{resource['resourceType']}/{resource['id']}", resource)
        assert done.status_code in (200, 201), done.text

    def subscribe(self, body, token=None):
        done = self.ask("POST", "/fhir/Subscription", body, token)
        assert done.status_code == 201, done.text
        name = done.json()["id"]
        self.wait(name, "active")
        return name

    def wait(self, name, status, seconds=30):
        end = time.monotonic() + seconds
        while True:
            found = self.ask("GET", f"/fhir/Subscription/{name}").json()
            if found["status"] == status:
                return found
            assert time.monotonic() < end, (found["status"], found.get("error"), found)
            time.sleep(0.05)

    def resident(self, patient):
        """A browser in which the person is signed in."""
        login, first, password = f"resident.{patient}", "first-Orbit 海豚 48", "kelp-Orbit 蓝鲸 47"
        done = subprocess.run(
            [str(BINARY), "account", "add", login, "--role", "resident", "--person", f"Patient/{patient}",
             "--ask-password", "--data", self.folder], input=f"{first}\n", capture_output=True, text=True, timeout=60,
            check=False)
        assert done.returncode == 0, done.stderr
        browser = requests.Session()
        browser.post(f"{self.base}/session", json={"login": login, "password": first}, timeout=30)
        changed = browser.post(
            f"{self.base}/session/password", json={"current": first, "new": password}, timeout=30)
        assert changed.json()["stage"] == "full", changed.text
        return browser

    def sign_in(self, name, scopes):
        told = requests.get(f"{self.base}/fhir/.well-known/smart-configuration", timeout=30).json()
        token = jwt.JWT(header={"alg": "ES384", "kid": "k1", "typ": "JWT"}, claims={
            "iss": name, "sub": name, "aud": told["token_endpoint"], "jti": os.urandom(16).hex(),
            "exp": int(time.time()) + 200})
        token.make_signed_token(self.key)
        answer = requests.post(told["token_endpoint"], timeout=30, data={
            "grant_type": "client_credentials", "scope": scopes, "client_assertion": token.serialize(),
            "client_assertion_type": "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"})
        assert answer.status_code == 200, answer.text
        return answer.json()["access_token"]


def observation(name, patient, value, **more):
    return {
        "resourceType": "Observation", "id": name, "status": "final", "code": HBA1C,
        "subject": {"reference": f"Patient/{patient}", "display": "张三丰"}, "effectiveDateTime": "2026-11-20",
        "performer": [{"reference": "Organization/h1"}], "note": [{"text": "张三丰，13812345678"}],
        "valueQuantity": {"value": value, "unit": "%", "system": "http://unitsofmeasure.org", "code": "%"}, **more}


@pytest.fixture(scope="module")
def house(tmp_path_factory):
    made = House(str(tmp_path_factory.mktemp("subscriptions")), ["--out-attempts", "3"])
    made.server.start()
    try:
        for name, title in [("h1", "第一医院"), ("h2", "第二医院"), ("brain", "城市大脑")]:
            made.put({"resourceType": "Organization", "id": name, "name": title})
        for name in ["p1", "p2", "p3"]:
            made.put({
                "resourceType": "Patient", "id": name, "name": [{"text": "张三丰", "family": "张", "given": ["三丰"]}],
                "birthDate": "1980-02-03", "managingOrganization": {"reference": "Organization/h1"}})
        made.put({
            "resourceType": "Consent", "id": "refuse", "status": "active", "patient": {"reference": "Patient/p2"},
            "scope": {"coding": [{
                "system": "http://terminology.hl7.org/CodeSystem/consentscope", "code": "patient-privacy"}]},
            "category": [{"coding": [{"system": "http://loinc.org", "code": "59284-0"}]}], "dateTime": "2026-11-01",
            "policyRule": {"text": "不共享"},
            "provision": {"type": "deny", "action": [{"coding": [{
                "system": "http://terminology.hl7.org/CodeSystem/consentaction", "code": "disclose"}]}]}})
        made.brain = made.program("城市大脑", "--whole-city", "--purpose", "HOPERAT", scopes="system/Observation.rs")
        made.hospital = made.program(
            "第一医院", "--organization", "Organization/h1", "--purpose", "TREAT",
            scopes="system/*.rs system/Subscription.cruds")
        yield made
    finally:
        made.server.stop()


FIELDS = ["status", "code.coding.code", "valueQuantity.value", "subject.reference", "effectiveDateTime"]


def test_a_department_gets_the_least_fields_in_order_and_without_names(house):
    receiver = Receiver()
    name = house.subscribe(subscription(
        receiver, "Observation?code=http://loinc.org|4548-4", FIELDS, organization="brain", program=house.brain))
    secret = house.ask("POST", f"/highway/out/{name}/secret").json()["secret"]
    for place in range(5):
        house.put(observation(f"a{place}", "p1", 6.0 + place))
        house.put(observation(f"refused{place}", "p2", 6.0))
    house.put({**observation("other", "p1", 1), "code": {"text": "something else"}})
    house.put(observation("a0", "p1", 9.9))
    assert house.ask("DELETE", "/fhir/Observation/a1").status_code in (200, 204)
    house.put({**observation("a2", "p1", 1), "code": {"text": "it was another test"}})
    house.put(observation("last", "p1", 5))
    events = receiver.wait(lambda events: any(event[1].endswith("/last") for event in events))
    text = b"".join(body for _, body in receiver.notifications).decode()
    for hidden in ["张", "13812345678", "note", "display", "performer", "refused", "other", "unit"]:
        assert hidden not in text
    # Each comes when it was first written, or, when the receiver was slower, when it was last changed.
    assert events[-1][1] == "Observation/last"
    assert [event[1] for event in events if event[1][-2:] in ("a3", "a4")] == ["Observation/a3", "Observation/a4"]
    state = {}
    for method, url, _, resource in events:
        state[url] = resource if method == "PUT" else None
    assert state["Observation/a0"]["valueQuantity"] == {"value": 9.9}
    assert state.get("Observation/a1") is None and state.get("Observation/a2") is None
    assert set(state["Observation/a3"]) == {
        "resourceType", "id", "meta", "status", "code", "valueQuantity", "subject", "effectiveDateTime"}
    assert state["Observation/a3"]["subject"] == {"reference": "Patient/p1"}
    headers, body = receiver.notifications[-1]
    assert headers["X-Purpose-Of-Use"] == "HOPERAT" and headers["Idempotency-Key"].startswith(f'"{name}/')
    assert is_signed(secret, headers, body) and not is_signed(secret, headers, body + b" ")
    # The handshake came first and held nothing.
    first = json.loads(receiver.notifications[0][1])
    assert first["type"] == "history" and len(first["entry"]) == 1
    assert secret not in house.ask("GET", f"/fhir/Subscription/{name}").text
    # Residents see who got what of theirs, and why.
    told = house.resident("p1").get(
        f"{house.base}/fhir/AuditEvent?patient=Patient/p1&type=110106&_count=100", timeout=30).json()
    events = [entry["resource"] for entry in told["entry"]]
    assert all(event["subtype"][0]["code"] == "disclose" for event in events)
    assert any(
        agent["who"].get("reference") == "Organization/brain" for event in events for agent in event["agent"])
    assert {coding["code"] for event in events for purpose in event["purposeOfEvent"] for coding in purpose["coding"]} == {
        "HOPERAT"}
    assert any(
        entity["what"].get("reference", "").startswith("Observation/a3/_history/")
        for event in events for entity in event["entity"])
    none = house.resident("p2").get(
        f"{house.base}/fhir/AuditEvent?patient=Patient/p2&type=110106&_count=100", timeout=30).json()
    assert none.get("entry", []) == []
    # A refusal takes back what was sent.
    house.put({
        "resourceType": "Consent", "id": "later", "status": "active", "patient": {"reference": "Patient/p1"},
        "scope": {"coding": [{
            "system": "http://terminology.hl7.org/CodeSystem/consentscope", "code": "patient-privacy"}]},
        "category": [{"coding": [{"system": "http://loinc.org", "code": "59284-0"}]}], "dateTime": "2026-11-21",
        "policyRule": {"text": "不共享"},
        "provision": {"type": "deny", "action": [{"coding": [{
            "system": "http://terminology.hl7.org/CodeSystem/consentaction", "code": "disclose"}]}]}})
    receiver.wait(lambda events: ("DELETE", "Observation/last") in [event[:2] for event in events])
    assert house.ask("DELETE", "/fhir/Consent/later").status_code in (200, 204)
    receiver.stop()


def test_a_patch_is_judged_as_a_whole_subscription_is(house):
    receiver = Receiver()
    name = house.subscribe(subscription(
        receiver, "Observation?code=http://loinc.org|4548-4", FIELDS, organization="brain", program=house.brain))

    def patch(path, value):
        # What is written asks anew, as a whole Subscription does.
        changes = [{"op": "replace", "path": path, "value": value}, {"op": "replace", "path": "/status", "value": "requested"}]
        return requests.patch(
            f"{house.base}/fhir/Subscription/{name}", json=changes,
            headers={"Authorization": f"Bearer {house.token}",
                     "Content-Type": "application/json-patch+json"}, timeout=30)

    assert patch("/criteria", "Nothing?known=no").status_code == 422
    assert patch("/channel/type", "email").status_code == 422
    assert patch("/reason", "别的理由").status_code == 200
    receiver.stop()


def test_an_institution_subscribes_by_itself_and_gets_the_results_of_its_referrals(house):
    receiver = Receiver()
    token = house.sign_in(house.hospital, "system/*.rs system/Subscription.cruds")
    fields = ["status", "code", "subject", "conclusion", "issued"]
    asked = subscription(
        receiver, "DiagnosticReport?status=final", fields, organization="h1", purpose="TREAT", masking="none",
        program=house.hospital)
    foreign = subscription(
        receiver, "DiagnosticReport?status=final", fields, organization="h2", purpose="TREAT", masking="none",
        program=house.hospital)
    assert house.ask("POST", "/fhir/Subscription", foreign, token).status_code in (403, 422)
    name = house.subscribe(asked, token)
    assert house.ask("GET", f"/fhir/Subscription/{name}", token=token).status_code == 200

    def report(ident, patient):
        return {
            "resourceType": "DiagnosticReport", "id": ident, "status": "final", "code": {"text": "CT"},
            "subject": {"reference": f"Patient/{patient}"}, "issued": "2026-11-20T10:00:00+08:00",
            "conclusion": "未见异常", "performer": [{"reference": "Organization/h2"}]}

    house.put({
        "resourceType": "ServiceRequest", "id": "referral", "status": "active", "intent": "order",
        "subject": {"reference": "Patient/p3"}, "authoredOn": time.strftime("%Y-%m-%dT%H:%M:%S+00:00", time.gmtime()),
        "code": {"text": "转诊"}, "requester": {"reference": "Organization/h1"},
        "performer": [{"reference": "Organization/h1"}]})
    house.put(report("r-foreign", "p1"))
    house.put(report("r-own", "p3"))
    events = receiver.wait(lambda events: any(event[1].endswith("r-own") for event in events))
    assert [event[1] for event in events] == ["DiagnosticReport/r-own"]
    assert events[0][3]["conclusion"] == "未见异常" and "performer" not in events[0][3]
    assert house.ask("DELETE", f"/fhir/Subscription/{name}", token=token).status_code in (200, 204)
    receiver.stop()


def test_a_receiver_that_is_away_loses_nothing_and_waits_for_the_operator(house):
    receiver = Receiver()
    name = house.subscribe(subscription(
        receiver, "Observation?status=final", ["status"], organization="brain", program=house.brain))
    receiver.status = 503
    for place in range(4):
        house.put(observation(f"away{place}", "p3", place))
    found = house.wait(name, "error")
    assert "503" in found["error"] and "3 attempts" in found["error"]
    receiver.status = 200
    place = ["--server", house.base, "--token-file", os.path.join(house.folder, "house.token")]
    assert "error" in house.run("highway", "out", "list", *place)
    house.run("highway", "out", "resume", name, *place)
    wanted = [f"Observation/away{place}" for place in range(4)]
    events = receiver.wait(lambda events: {event[1] for event in events} >= set(wanted))
    assert [event[1] for event in events] == wanted
    house.run("highway", "out", "replay", name, "--from", "2026-01-01", *place)
    receiver.wait(lambda events: [event[1] for event in events].count(wanted[-1]) == 2)
    house.run("highway", "out", "pause", name, *place)
    assert house.wait(name, "off")
    receiver.stop()


@pytest.mark.parametrize("change, place", [
    ({"channel": {"type": "rest-hook", "endpoint": "http://example.org/x", "payload": "application/fhir+json"}}, "channel.endpoint"),
    ({"channel": {"type": "rest-hook", "endpoint": "https://10.0.0.1/x", "payload": "application/fhir+json"}}, "channel.endpoint"),
    ({"channel": {"type": "rest-hook", "endpoint": "https://[::ffff:169.254.169.254]/", "payload": "application/fhir+json"}}, "channel.endpoint"),
    ({"channel": {"type": "rest-hook", "endpoint": "https://a:b@example.org/", "payload": "application/fhir+json"}}, "channel.endpoint"),
    ({"channel": {"type": "email", "endpoint": "mailto:x@example.org", "payload": "text/plain"}}, "channel.type"),
    ({"channel": {"type": "rest-hook", "endpoint": "https://example.org/", "payload": "application/fhir+json",
                  "header": ["Authorization: Bearer abc"]}}, "channel.header[0]"),
    ({"criteria": "Observation?colour=red"}, "criteria"),
    ({"criteria": "Patient?birthdate=1980-02-03"}, "criteria"),
    ({"criteria": "AuditEvent?action=R"}, "criteria"),
    ({"status": "active"}, "status"),
    ({"end": "soon"}, "end"),
])
def test_what_can_not_be_done_is_refused_naming_the_element(house, change, place):
    receiver = Receiver()
    body = {**subscription(
        receiver, "Observation?status=final", ["status"], organization="brain", program=house.brain), **change}
    answer = house.ask("POST", "/fhir/Subscription", body)
    assert answer.status_code in (400, 422), answer.text
    expressions = [each for issue in answer.json()["issue"] for each in issue.get("expression", [])]
    assert f"Subscription.{place}" in expressions, answer.text
    receiver.stop()


def test_each_extension_is_asked_for(house):
    receiver = Receiver()
    whole = subscription(
        receiver, "Observation?status=final", ["status"], organization="brain", program=house.brain)
    for name in ["receiver", "purpose", "program", "element"]:
        body = {**whole, "extension": [one for one in whole["extension"] if one["url"] != EXTENSION + name]}
        answer = house.ask("POST", "/fhir/Subscription", body)
        assert answer.status_code == 422 and EXTENSION + name in answer.text, answer.text
    receiver.stop()
