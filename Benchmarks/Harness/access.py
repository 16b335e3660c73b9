"""What sign-in, the rules and the audit log cost: the same reads and searches of one city, served open and enforced."""

import shutil
import statistics
import time

from . import tools
from .parties import Parties, Questions
from .server import Server

CLIENTS = (1, 64)
SHARE_MIN = 0.75
CITY = ["--demo", "--residents", "2000", "--days", "365", "--programmes", "none"]
# The journal moves what it has into the log every half second: what a round has made is done before the next begins.
REST_SECONDS = 1
KINDS = {
    "reads": ("clinician", "resident", "program", "house"),
    "searches by patient and code": ("clinician", "resident", "program", "house"),
    "searches by name": ("clinician", "program", "house"),
    "searches by day": ("clinician", "resident", "program", "house"),
    "pages": ("clinician", "resident"),
}


class Guarded(Server):
    """A server that asks who is there; the probe of readiness is let in, since it comes from this machine."""

    def __init__(self, folder, mode, fresh=False, arguments=(), database="sqlite"):
        super().__init__(folder, fresh=fresh, database=database)
        self.access = ["--access", mode, *arguments]


def measure(folder, seconds, rounds, table, database="sqlite"):
    """Both servers run side by side, each on a store of its own, and are asked in turn; the median of the pairs counts."""
    open_folder = folder.with_name(folder.name + "-open")
    if not (folder / "demo-accounts.json").exists():
        fill(folder, database)
    with Guarded(folder, "enforced", database=database) as guarded:
        parties = Parties(folder)
        plans = prepare(guarded, parties)
    copy(folder, open_folder, database)
    found = {}
    with Guarded(folder, "enforced", database=database) as guarded, Guarded(open_folder, "open", database=database) as free:
        for (kind, who), path in plans.items():
            # A token of a program lives for five minutes.
            header = parties.headers(guarded)[who]
            for clients in CLIENTS:
                pairs = [
                    (ask(free, path, seconds, clients), ask(guarded, path, seconds, clients, header))
                    for _ in range(rounds)]
                found[f"{kind} of a {who}, {clients}"] = pairs
                add(table, f"{kind}, {who}, {clients} client{'s' if clients > 1 else ''}", pairs)
    return found


def ask(server, path, seconds, clients, header=""):
    """The driver's report, with the microseconds of processor that the server took for a request."""
    wanted = ["--port", server.port, "--workload", "queries", "--queries", path, "--clients", clients]
    sends = {"DRIVE_HEADER": header} if header else {}
    tools.run_json([tools.binary("drive"), *wanted, "--seconds", 0.2, "--warmup", 0], sends)
    time.sleep(REST_SECONDS)
    before = server.metric("process_cpu_seconds_total")
    report = tools.run_json([tools.binary("drive"), *wanted, "--seconds", seconds, "--warmup", 0], sends)
    time.sleep(REST_SECONDS)
    if report["errors"]:
        raise SystemExit(f"Some were refused: {report['kinds']}")
    used = server.metric("process_cpu_seconds_total") - before
    report["serverMicroseconds"] = used / report["requests"] * 1e6
    return report


def add(table, what, rounds):
    free, guarded = zip(*rounds)

    def median(reports, name):
        return statistics.median(report[name] for report in reports)

    share = statistics.median(g["perSecond"] / f["perSecond"] for f, g in rounds)
    table.add(
        what, f"{median(guarded, 'perSecond'):,.0f}/s, {median(guarded, 'serverMicroseconds'):,.0f} µs",
        f"open {median(free, 'perSecond'):,.0f}/s, {median(free, 'serverMicroseconds'):,.0f} µs", f"{share:.2f} of it",
        f"≥ {SHARE_MIN}", share >= SHARE_MIN)


def fill(folder, database):
    """A simulated city with an account for each face."""
    with Guarded(folder, "enforced", fresh=True, arguments=CITY, database=database) as server:
        end = time.monotonic() + 1800
        while not (folder / "demo-accounts.json").exists():
            if time.monotonic() > end or server.process.poll() is not None:
                raise SystemExit(f"The city is not filled: see {server.log.name}")
            time.sleep(1)
        server.settle()


def copy(folder, other, database):
    """The same records for the open server."""
    shutil.rmtree(other, ignore_errors=True)
    other.mkdir()
    Server(other, fresh=True, database=database).database.copy(Server(folder, database=database).database)


def prepare(server, parties):
    """Files with the paths of each kind, by what each of them reaches."""
    plans = {}
    for who, header in parties.headers(server).items():
        questions = Questions(server, header)
        for kind, asking in KINDS.items():
            if who not in asking:
                continue
            name = kind.replace(" ", "_")
            file = tools.WORK / f"access-{name}-{who}.tsv"
            file.write_text(
                "".join(f"{kind}\t{path}\n" for path in getattr(questions, name)()), encoding="utf-8")
            plans[kind, who] = file
    return dict(sorted(plans.items(), key=lambda plan: list(KINDS).index(plan[0][0])))
