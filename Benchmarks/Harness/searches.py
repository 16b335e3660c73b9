"""Typical searches, one after the other over one connection: the time until the whole answer is there."""

import datetime
import http.client
import random
import time
import urllib.parse

from .server import Server

WARM_UP, MEASURED = 60, 600


def measure(small, large, table):
    """The same kinds of search on a store and on one of a tenth of its size."""
    found = {}
    for name, store in (("tenth", small), ("whole", large)):
        with Server(store) as server:
            found[name] = {
                kind: percentiles(server.port, queries) for kind, queries in kinds(server, random.Random(7)).items()}
            found[f"{name}Resources"] = int(server.metric("healthbrain_resources"))
    for kind, (p50, p95, p99) in found["whole"].items():
        tenth = found["tenth"][kind]
        table.add(
            f"Search {kind}", f"p50 {p50:.2f}, p95 {p95:.2f}, p99 {p99:.2f} ms", f"on a tenth: p95 {tenth[1]:.2f} ms",
            f"{p95 / tenth[1]:.2f} × it", "< 5 ms, ≤ 1.5 ×", p95 < 5 and p95 / tenth[1] <= 1.5)
    return found


def kinds(server, chance):
    """Paths of searches, by kind, with values that the store holds."""
    patients = [entry["resource"] for entry in server.get("/fhir/Patient?_count=1000")["entry"]]
    observations = [entry["resource"] for entry in server.get("/fhir/Observation?_count=1000")["entry"]]
    pairs = [
        (observation["subject"]["reference"], f"{coding['system']}|{coding['code']}")
        for observation in observations for coding in observation["code"]["coding"]]
    families = sorted({name["family"] for patient in patients for name in patient["name"] if "family" in name})
    days = sorted(observation["effectiveDateTime"][:10] for observation in observations if "effectiveDateTime" in observation)

    def path(kind, **parameters):
        return f"/fhir/{kind}?{urllib.parse.urlencode(parameters, doseq=True)}"

    def patient_and_code():
        patient, code = chance.choice(pairs)
        return path("Observation", patient=patient, code=code)

    def month():
        first = datetime.date.fromisoformat(chance.choice(days))
        return [f"ge{first}", f"le{first + datetime.timedelta(days=30)}"]

    count = WARM_UP + MEASURED
    ranges = [path("Observation", date=month()) for _ in range(count)]
    return {
        "by patient and code": [patient_and_code() for _ in range(count)],
        "by date range": ranges,
        "by date range, without total": [f"{range}&_total=none" for range in ranges],
        # Five to a page, because only the larger store has twenty of a name.
        "by name": [
            path("Patient", name=chance.choice(families)[:chance.randint(3, 8)], _count=5) for _ in range(count)],
    }


def percentiles(port, queries):
    """The 50th, 95th and 99th percentile of the time of a search, in milliseconds, the first ones left out."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    times = []
    for path in queries:
        start = time.perf_counter()
        connection.request("GET", path)
        answer = connection.getresponse()
        body = answer.read()
        times.append((time.perf_counter() - start) * 1000)
        if answer.status != 200:
            raise SystemExit(f"GET {path} gave {answer.status}: {body[:500].decode(errors='replace')}")
    connection.close()
    ordered = sorted(times[WARM_UP:])
    return tuple(ordered[min(len(ordered) - 1, int(len(ordered) * share))] for share in (0.50, 0.95, 0.99))
