"""Programs that sign in, and people who come by another provider, against a server that asks who is there.

The SMART app is fhirclient's own flow; the backend program signs by jwcrypto; the provider is django-oauth-toolkit
(openid_provider.py).
"""

import html
import json
import os
import re
import socket
import subprocess
import sys
import time
import uuid
from pathlib import Path

import pytest
import requests
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from fhirclient import client as smart
from fhirclient.models.patient import Patient
from jwcrypto import jwk, jwt

from server import BINARY, Server, free_port

PASSWORD = "kelp-Orbit 蓝鲸 47"
REDIRECT = "https://app.example/done"


class House:
    """A server with accounts, a program, and another provider."""

    def __init__(self, folder):
        self.folder = folder
        self.providers = os.path.join(folder, "providers.json")
        self.provider_port = free_port()
        secret = os.path.join(folder, "provider.secret")
        with open(os.open(secret, os.O_CREAT | os.O_WRONLY, 0o600), "w", encoding="ascii") as file:
            file.write("s3cret/with:odd+characters\n")
        with open(self.providers, "w", encoding="utf-8") as file:
            json.dump([{
                "name": "city", "title": "城市统一身份", "issuer": f"http://127.0.0.1:{self.provider_port}",
                "clientID": "healthbrain", "secretFile": secret, "loginClaim": "preferred_username"}], file)
        self.server = Server(folder, ["--access", "enforced", "--providers", self.providers])
        self.base = self.server.base

    def run(self, *arguments, typed=""):
        done = subprocess.run(
            [str(BINARY), *arguments, "--data", self.folder], input=typed, capture_output=True, text=True, timeout=60)
        assert done.returncode == 0, done.stderr
        return done.stdout

    def account(self, login, *role):
        """A person who has chosen a password; gives a browser that is signed in."""
        self.run("account", "add", login, *role, "--ask-password", typed="first-Orbit 海豚 48\n")
        browser = requests.Session()
        begun = browser.post(f"{self.base}/session", json={"login": login, "password": "first-Orbit 海豚 48"}, timeout=30)
        assert begun.json()["stage"] == "newPassword", begun.text
        changed = browser.post(
            f"{self.base}/session/password", json={"current": "first-Orbit 海豚 48", "new": PASSWORD}, timeout=30)
        assert changed.json()["stage"] == "full", changed.text
        return browser

    def put(self, resource):
        token = Path(self.folder, "house.token").read_text(encoding="ascii").strip()
        done = requests.put(
            f"{self.base}/fhir/{resource['resourceType']}/{resource['id']}", json=resource, timeout=30,
            headers={"Authorization": f"Bearer {token}", "Content-Type": "application/fhir+json"})
        assert done.status_code in (200, 201), done.text


@pytest.fixture(scope="module")
def house(tmp_path_factory):
    made = House(str(tmp_path_factory.mktemp("sign-in")))
    made.server.start()
    try:
        for number, family in [("p1", "张"), ("p2", "李")]:
            made.put({
                "resourceType": "Patient", "id": number, "name": [{"text": family + "三"}], "birthDate": "1980-02-03"})
        made.resident = made.account("resident.zhang", "--role", "resident", "--person", "Patient/p1")
        yield made
    finally:
        made.server.stop()


def agree(browser, address):
    """Opens the page that asks, agrees, and gives the address that the app gets its answer at."""
    page = browser.get(address, timeout=30)
    assert page.status_code == 200, page.text

    def values(name, mark=""):
        return [html.unescape(value) for value in re.findall(rf'name="{name}" value="([^"]*)"{mark}', page.text)]

    done = browser.post(
        page.url.split("/auth/")[0] + "/auth/authorize/decision",
        data={
            "request": values("request"), "form": values("form"), "role": values("role")[:1], "decision": "allow",
            "patient": values("patient", " checked"), "scope": values("scope", " checked")},
        allow_redirects=False, timeout=30)
    assert done.status_code == 303, done.text
    return done.headers["Location"]


def app(house):
    added = house.run(
        "client", "add", "血压日记", "--type", "public", "--redirect", REDIRECT, "--scopes",
        "launch/patient openid fhirUser offline_access patient/*.rs")
    return added.split("\t")[0]


def test_a_smart_app_signs_in_reads_and_goes_on(house):
    client = smart.FHIRClient(settings={
        "app_id": app(house), "api_base": f"{house.base}/fhir", "redirect_uri": REDIRECT,
        "scope": "launch/patient openid fhirUser offline_access patient/*.rs"})
    assert not client.ready
    client.handle_callback(agree(house.resident, client.authorize_url))
    assert client.ready
    assert Patient.read("p1", client.server).birthDate.isostring == "1980-02-03"
    with pytest.raises(Exception):
        Patient.read("p2", client.server)
    assert client.reauthorize() is not None
    assert client.patient.id == "p1"
    house.run("client", "disable", client.app_id)
    time.sleep(0.6)
    with pytest.raises(Exception):
        Patient.read("p1", client.server)


def test_a_backend_program_signs_and_reads(house):
    key = jwk.JWK.generate(kty="EC", crv="P-384", kid="k1", use="sig")
    keys = Path(house.folder, "lab.jwks")
    keys.write_text(json.dumps({"keys": [key.export_public(as_dict=True)]}), encoding="ascii")
    name = house.run(
        "client", "add", "检验系统", "--type", "backend", "--whole-city", "--scopes", "system/Patient.rs", "--jwks",
        str(keys)).split("\t")[0]
    told = requests.get(f"{house.base}/fhir/.well-known/smart-configuration", timeout=30).json()

    def assertion():
        token = jwt.JWT(
            header={"alg": "ES384", "kid": "k1", "typ": "JWT"},
            claims={
                "iss": name, "sub": name, "aud": told["token_endpoint"], "jti": uuid.uuid4().hex,
                "exp": int(time.time()) + 200})
        token.make_signed_token(key)
        return token.serialize()

    def ask(signed):
        return requests.post(told["token_endpoint"], timeout=30, data={
            "grant_type": "client_credentials", "scope": "system/Patient.rs", "client_assertion": signed,
            "client_assertion_type": "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"})

    signed = assertion()
    answer = ask(signed)
    assert answer.status_code == 200, answer.text
    assert ask(signed).json()["error"] == "invalid_client"
    bearer = {"Authorization": f"Bearer {answer.json()['access_token']}"}
    assert requests.get(f"{house.base}/fhir/Patient/p1", headers=bearer, timeout=30).json()["birthDate"] == "1980-02-03"
    assert requests.get(f"{house.base}/fhir/Observation", headers=bearer, timeout=30).status_code == 403
    assert requests.get(f"{house.base}/fhir/Patient/p1", headers={"Authorization": "Bearer hba_x"}, timeout=30).status_code == 401


class Provider:
    """django-oauth-toolkit on a port of its own."""

    def __init__(self, folder, port, callback):
        self.folder, self.port, self.callback, self.process = str(folder), port, callback, None

    def start(self):
        key = rsa.generate_private_key(65537, 2048)
        Path(self.folder, "key.pem").write_bytes(key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()))
        self.process = subprocess.Popen(
            [sys.executable, str(Path(__file__).with_name("openid_provider.py")), str(self.port), self.folder,
             self.callback])
        end = time.monotonic() + 120
        while time.monotonic() < end:
            assert self.process.poll() is None, "the provider ended"
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", self.port)) == 0:
                    return
            time.sleep(0.1)
        raise RuntimeError("the provider did not become ready")

    def stop(self):
        self.process.terminate()
        self.process.wait(timeout=30)


def come_in(house, provider, login, password, next_path="/residents"):
    """Signs in at the provider; gives the browser and the last page."""
    browser = requests.Session()
    page = browser.get(f"{house.base}/sign-in?next={next_path}", timeout=30)
    form = re.search(r'action="/auth/oidc/city/start" method="post">(.*?)</form>', page.text, re.DOTALL).group(1)
    fields = dict(re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)">', form))
    page = browser.post(f"{house.base}/auth/oidc/city/start", data=fields, timeout=30)
    onward = html.unescape(re.search(r'url=([^"]+)"', page.text).group(1))
    page = browser.get(onward, timeout=30)
    assert page.text == "sign in", page.text
    return browser, browser.post(page.url, data={"username": login, "password": password}, timeout=30)


def test_a_person_comes_in_by_another_provider_also_after_it_has_changed_its_key(house, tmp_path):
    house.run(
        "account", "add", "doctor.li", "--role", "operator", "--duty", "audit", "--ask-password",
        typed="first-Orbit 海豚 48\n")
    provider = Provider(tmp_path, house.provider_port, f"{house.base}/auth/oidc/city/callback")
    provider.start()
    try:
        browser, page = come_in(house, provider, "doctor.li", "provider-pass-1")
        # The own password of the account was for one use: the sign-in goes on at that step.
        assert "/sign-in?next=%2Fresidents" in page.text
        assert browser.get(f"{house.base}/session", timeout=30).json()["stage"] == "newPassword"
        _, refused = come_in(house, provider, "stranger", "provider-pass-2")
        assert refused.status_code == 400 and "Nobody here is tied" in refused.text
        provider.stop()
        time.sleep(11)
        provider.start()
        browser, _ = come_in(house, provider, "doctor.li", "provider-pass-1")
        assert browser.get(f"{house.base}/session", timeout=30).json()["stage"] == "newPassword"
    finally:
        provider.stop()
