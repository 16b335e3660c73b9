"""Who asks a guarded server, how each of them is known there, and what they ask."""

import base64
import http.client
import json
import secrets
import subprocess
import time
import urllib.parse

from . import tools

# As many different requests of each kind.
EACH = 300


class Parties:
    """The people and programs of a simulated city whose server is running.

    - staff: the accounts that the city comes with.
    - program: a backend program of the doctor's institution, known by SMART Backend Services.
    """

    NAMES = ("clinician", "resident", "program", "house")

    def __init__(self, folder):
        accounts = json.loads((folder / "demo-accounts.json").read_text(encoding="utf-8"))
        self.folder = folder
        self.staff = {account["login"]: account for account in accounts}
        self.program = None

    def headers(self, server):
        """The header by which each of them is known; a program's token lives five minutes."""
        clinician, told = self.sign_in(server, "clinician")
        resident, _ = self.sign_in(server, "resident")
        self.program = self.program or Program(self.folder, told["roles"][0]["organization"])
        house = (self.folder / "house.token").read_text(encoding="utf-8").strip()
        return {
            "clinician": clinician, "resident": resident, "house": f"Authorization: Bearer {house}",
            "program": f"Authorization: Bearer {self.program.token(server)}",
        }

    def sign_in(self, server, login):
        account = self.staff[login]
        status, told, cookie = exchange(
            server, "POST", "/session", json.dumps({"login": login, "password": account["password"]}),
            {"Content-Type": "application/json"})
        if status != 200:
            raise SystemExit(f"{login} can't sign in: {told}")
        return "Cookie: " + cookie.split(";")[0], json.loads(told)


class Program:
    """A backend program with a key of its own."""

    def __init__(self, folder, organization):
        self.key = folder / "program.pem"
        subprocess.run(
            ["openssl", "genpkey", "-quiet", "-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:2048", "-out", self.key],
            check=True)
        printed = subprocess.run(
            ["openssl", "rsa", "-in", self.key, "-noout", "-modulus"], capture_output=True, text=True, check=True).stdout
        modulus = bytes.fromhex(printed.strip().split("=")[1])
        keys = folder / "program.jwks"
        keys.write_text(json.dumps({"keys": [{
            "kty": "RSA", "alg": "RS384", "kid": "benchmark", "use": "sig", "n": url64(modulus), "e": "AQAB"}]}))
        added = subprocess.run(
            [tools.healthbrain, "client", "add", "Benchmark", "--type", "backend", "--organization", organization,
             "--scopes", "system/*.rs", "--jwks", keys, "--data", folder], capture_output=True, text=True, check=True)
        self.name = added.stdout.split("\t")[0].strip()

    def token(self, server) -> str:
        place = f"http://127.0.0.1:{server.port}/auth/token"
        claims = {
            "iss": self.name, "sub": self.name, "aud": place, "exp": int(time.time()) + 240, "jti": secrets.token_hex(16)}
        head = {"alg": "RS384", "kid": "benchmark", "typ": "JWT"}
        text = ".".join(url64(json.dumps(part).encode()) for part in (head, claims))
        signature = subprocess.run(
            ["openssl", "dgst", "-sha384", "-sign", self.key], input=text.encode(), capture_output=True, check=True).stdout
        form = urllib.parse.urlencode({
            "grant_type": "client_credentials", "scope": "system/*.rs", "client_assertion": f"{text}.{url64(signature)}",
            "client_assertion_type": "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"})
        status, told, _ = exchange(
            server, "POST", "/auth/token", form, {"Content-Type": "application/x-www-form-urlencoded"})
        if status != 200:
            raise SystemExit(f"The program gets no token: {told}")
        return json.loads(told)["access_token"]


def url64(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def exchange(server, method, path, body=None, headers=None):
    """Status, text and the cookie set."""
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=300)
    connection.request(method, path, body, headers or {})
    answer = connection.getresponse()
    return answer.status, answer.read().decode(), answer.getheader("Set-Cookie")


class Questions:
    """The paths that somebody asks for, of each kind, made from what they reach."""

    def __init__(self, server, header):
        self.server = server
        self.headers = dict([header.split(": ", 1)])

    def found(self, kind, **parameters):
        path = address(kind, _count=EACH, **parameters)
        status, text, _ = exchange(self.server, "GET", path, headers=self.headers)
        if status != 200:
            raise SystemExit(f"GET {path} gave {status}: {text[:500]}")
        return [entry["resource"] for entry in json.loads(text).get("entry", [])]

    def reads(self):
        return [
            f"/fhir/{kind}/{resource['id']}" for kind in ("Patient", "Encounter", "Observation", "Condition")
            for resource in self.found(kind)]

    def searches_by_patient_and_code(self):
        return [
            address("Observation", patient=resource["subject"]["reference"], code=resource["code"]["coding"][0]["code"])
            for resource in self.found("Observation")]

    def searches_by_name(self):
        names = {name["family"] for patient in self.found("Patient") for name in patient["name"] if "family" in name}
        return [address("Patient", name=name, _count=20) for name in sorted(names)]

    def searches_by_day(self):
        days = {resource["effectiveDateTime"][:10] for resource in self.found("Observation", _sort="-date")}
        return [address("Observation", date=day, _count=20) for day in sorted(days)]

    def pages(self):
        return [f"/residents/{patient['id']}" for patient in self.found("Patient")[:60]]


def address(kind, **parameters):
    return f"/fhir/{kind}?{urllib.parse.urlencode(parameters)}"
