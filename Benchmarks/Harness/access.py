"""What sign-in, the rules and the audit log cost: the same reads and searches of one store, served open and enforced."""

import http.client
import json
import os
import re
import subprocess
import time
import urllib.parse

from . import tools
from .server import Server

ROUNDS = 3
CLIENTS = [1, 64]
SHARE_MIN = 0.75
CITY = ["--demo", "--residents", "2000", "--days", "365"]
EACH = 300


class Guarded(Server):
    """A server that asks who is there; the probe of readiness is let in, since it comes from this machine."""

    def __init__(self, folder, mode, fresh=False, arguments=()):
        super().__init__(folder, fresh=fresh)
        self.access = ["--access", mode, *arguments]


def measure(folder, seconds, table):
    """Alternates between both servers; compares the best rounds of each."""
    fill(folder)
    plans = prepare(folder)
    found = {}
    for _ in range(ROUNDS):
        for mode in ("open", "enforced"):
            with Guarded(folder, mode) as server:
                secrets = sign_in(server, folder) if mode == "enforced" else {}
                for (kind, who), path in plans.items():
                    for clients in CLIENTS:
                        rate = wrk(server.port, path, seconds, clients, secrets.get(who, ""))
                        found.setdefault((kind, clients), {}).setdefault(mode, []).append(rate)
    for (kind, clients), rates in found.items():
        free, guarded = max(rates["open"]), max(rates["enforced"])
        share = guarded / free
        table.add(
            f"Access and audit, {kind}, {clients} client{'s' if clients > 1 else ''}", f"{guarded:,.0f}/s",
            f"open {free:,.0f}/s", f"{share:.2f} of it", f"≥ {SHARE_MIN}", share >= SHARE_MIN)
    return {f"{kind}, {clients}": rates for (kind, clients), rates in found.items()}


def fill(folder):
    """A simulated city with an account for each face."""
    with Guarded(folder, "enforced", fresh=True, arguments=CITY) as server:
        end = time.monotonic() + 1800
        while not (folder / "demo-accounts.json").exists():
            if time.monotonic() > end or server.process.poll() is not None:
                raise SystemExit(f"The city is not filled: see {server.log.name}")
            time.sleep(1)
        server.settle()


def sign_in(server, folder):
    """The header by which each of them is known."""
    accounts = json.loads((folder / "demo-accounts.json").read_text(encoding="utf-8"))
    doctor = next(account for account in accounts if account["login"] == "clinician")
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=60)
    connection.request(
        "POST", "/session", json.dumps({"login": doctor["login"], "password": doctor["password"]}),
        {"Content-Type": "application/json"})
    answer = connection.getresponse()
    answer.read()
    cookie = answer.getheader("Set-Cookie").split(";")[0]
    token = (folder / "house.token").read_text(encoding="utf-8").strip()
    return {"clinician": f"Cookie: {cookie}", "program": f"Authorization: Bearer {token}"}


def prepare(folder):
    """Files with the paths of each kind, by what the doctor and the house's program reach."""
    with Guarded(folder, "enforced") as server:
        secrets = sign_in(server, folder)

        def get(path, who):
            name, value = secrets[who].split(": ", 1)
            connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=300)
            connection.request("GET", path, headers={name: value})
            answer = connection.getresponse()
            body = answer.read()
            if answer.status != 200:
                raise SystemExit(f"GET {path} gave {answer.status}: {body[:500].decode(errors='replace')}")
            return [entry["resource"] for entry in json.loads(body).get("entry", [])]

        def path(kind, **parameters):
            return f"/fhir/{kind}?{urllib.parse.urlencode(parameters, doseq=True)}"

        def reads(who):
            return [
                f"/fhir/{kind}/{resource['id']}" for kind in ("Patient", "Encounter", "Observation", "Condition")
                for resource in get(f"/fhir/{kind}?_count={EACH}", who)]

        def by_patient(who):
            return [
                path("Observation", patient=resource["subject"]["reference"], _count=20)
                for resource in get(f"/fhir/Observation?_count={EACH}", who)]

        def by_date(who):
            days = sorted({
                resource["effectiveDateTime"][:10] for resource in get(f"/fhir/Observation?_count={EACH}", who)
                if "effectiveDateTime" in resource})
            return [path("Observation", date=day, _total="none") for day in days]

        plans = {}
        for kind, make in (("reads", reads), ("searches by patient", by_patient), ("searches by day", by_date)):
            for who in ("clinician", "program"):
                if who == "clinician" and kind == "searches by day":
                    continue  # An open server finds everybody's.
                file = tools.WORK / f"access-{kind.replace(' ', '-')}-{who}.tsv"
                file.write_text("".join(line + "\n" for line in make(who)), encoding="utf-8")
                plans[(f"{kind} of a {who}", who)] = file
        return plans


def wrk(port, prepared, seconds, clients, header):
    """Requests a second that were answered with 200."""
    command = [
        "wrk", "--threads", "1", "--connections", str(clients), "--duration", f"{seconds}s",
        "--script", str(tools.BENCHMARKS / "Reads" / "reads.lua"), f"http://127.0.0.1:{port}"]
    text = subprocess.run(
        command, env={**os.environ, "READS": str(prepared), "READS_HEADER": header}, capture_output=True, text=True,
        check=True).stdout
    if "Non-2xx" in text:
        raise SystemExit(f"Some were refused:\n{text}")
    return float(re.search(r"Requests/sec:\s+([\d.]+)", text).group(1))
