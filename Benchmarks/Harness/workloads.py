"""The workloads of public comparisons of FHIR servers: CRUD, import, search shapes, small durable transactions."""

import sys

from . import shapes, tools
from .server import Server

# The best published figure of each a second and core, and how often it is to be reached.
CRUD_PER_CORE, IMPORT_PER_CORE, SEARCH_PER_CORE = 2 * 650, 4 * 630, 2 * 425
KILOBYTES_EACH = {"sqlite": 0.7, "postgres": 1.0}
CLIENTS = (1, 8, 32, 128)
PATIENTS_IN_CORPUS = 60


def drive(server, *arguments):
    """Runs the load generator; its report, with the processor time that the server took for each request."""
    before = server.metric("process_cpu_seconds_total")
    report = tools.run_json([tools.binary("drive"), "--port", server.port, *arguments])
    used = server.metric("process_cpu_seconds_total") - before
    # The warm-up is in the processor time and not in the requests: the rate is what the table shows, this a hint.
    report["serverCPUSeconds"] = used
    return report


def explain_errors(report):
    for name, kind in report["kinds"].items():
        if kind["errors"]:
            head, _, body = kind["firstError"].partition("\r\n\r\n")
            print(f"  {name}: {kind['errors']} errors, the first: {head.splitlines()[0]} {body[:300]}", file=sys.stderr)


def figures(report):
    return f"p50 {report['p50']:.2f}, p95 {report['p95']:.2f} ms, {report['errors']} errors"


def crud(folder, database, seconds, table, clients=300):
    """Nine resources created, read, updated and deleted by each of 300 clients."""
    with Server(folder, fresh=True, database=database) as server:
        report = drive(server, "--workload", "crud", "--clients", clients, "--seconds", seconds, "--warmup", 5)
    explain_errors(report)
    rate = report["perSecond"]
    table.add(
        f"CRUD, nine types, {clients} clients", f"{rate:,.0f} req/s", figures(report),
        f"{rate / tools.cores():,.0f} a core", f"≥ {CRUD_PER_CORE:,} a core, no errors",
        rate / tools.cores() >= CRUD_PER_CORE and not report["errors"])
    for name, kind in report["kinds"].items():
        table.add(f"  {name}", f"{kind['requests']:,}", figures(kind), "", "", None)
    return report


def bundles(folder, database, documents, resources, table, clients=20):
    """Synthea's transaction bundles, one a request, and what a resource takes on disk."""
    with Server(folder, fresh=True, database=database) as server:
        report = tools.run_json([
            tools.binary("load"), "--port", server.port, "--corpus", documents.bundles_path, "--resources", resources,
            "--connections", clients])
        report["settleSeconds"] = server.settle()
        report["serverCPUSeconds"] = server.metric("process_cpu_seconds_total")
    report["bytesAsLeft"] = server.database_bytes()
    server.database.compact()
    report["databaseBytes"] = server.database_bytes()
    rate, each = report["perSecond"], report["databaseBytes"] / report["resources"] / 1000
    table.add(
        f"Import, {clients} clients, {report['resources']:,} resources", f"{rate:,.0f}/s",
        f"a bundle p50 {report['p50']:.0f}, p95 {report['p95']:.0f} ms, {report['refused']} errors",
        f"{rate / tools.cores():,.0f} a core", f"≥ {IMPORT_PER_CORE:,} a core, no errors",
        rate / tools.cores() >= IMPORT_PER_CORE and not report["refused"])
    table.add(
        "  a resource on disk, indexes included", f"{each:.3f} kB", f"{report['databaseBytes'] / 1e6:,.0f} MB",
        f"{report['bytesAsLeft'] / report['resources'] / 1000:.3f} kB as the import left it",
        f"≤ {KILOBYTES_EACH[database]} kB", each <= KILOBYTES_EACH[database])
    return report


def search_shapes(folder, database, documents, sizes, seconds, table, clients=30):
    """The 30 shapes on a store that grows in place."""
    whole = sum(count for count, _ in documents.sizes)
    reports, copies = {}, 0
    for patients in sizes:
        wanted = -(-patients // PATIENTS_IN_CORPUS)
        print(f"Growing the store to {patients:,} patients", file=sys.stderr)
        with Server(folder, fresh=copies == 0, database=database) as server:
            tools.run_json([
                tools.binary("load"), "--port", server.port, "--corpus", documents.bundles_path, "--resources",
                (wanted - copies) * whole, "--first-copy", copies, "--families", 8, "--connections", 8,
                "--slice", 100_000])
            copies = wanted
            server.settle()
            # The copies are records of the same persons, so that linking them takes minutes; what is measured is searches.
            rest = server.rest()
            server.database.tend()
            queries = tools.WORK / "shapes.tsv"
            queries.write_text("".join(f"{line}\n" for line in shapes.lines(server)), encoding="utf-8")
            report = drive(
                server, "--workload", "queries", "--queries", queries, "--clients", clients, "--seconds", seconds,
                "--warmup", 10)
            # One client alone shows what a query takes; thirty show what waiting adds.
            report["alone"] = drive(
                server, "--workload", "queries", "--queries", queries, "--clients", 1, "--seconds", seconds, "--warmup", 1)
            report["restSeconds"] = rest
            report["resources"] = int(server.metric("healthbrain_resources"))
        explain_errors(report)
        reports[patients] = report
        rate = report["perSecond"]
        table.add(
            f"30 search shapes, {patients:,} patients", f"{rate:,.0f}/s", figures(report),
            f"{rate / tools.cores():,.0f} a core", f"≥ {SEARCH_PER_CORE} a core, no errors",
            rate / tools.cores() >= SEARCH_PER_CORE and not report["errors"])
        table.add("  one client alone", f"{report['alone']['perSecond']:,.0f}/s", figures(report["alone"]), "", "", None)
    if len(sizes) > 1:
        first, last = reports[sizes[0]], reports[sizes[-1]]
        for name, small, large in (("30 clients", first, last), ("one client", first["alone"], last["alone"])):
            ratio = large["p50"] / small["p50"]
            table.add(
                f"  median from {sizes[0]:,} to {sizes[-1]:,} patients, {name}", f"{large['p50']:.2f} ms",
                f"{small['p50']:.2f} ms", f"{ratio:.2f} ×", "≤ 1.5 ×", ratio <= 1.5)
    slowest = sorted(reports[sizes[-1]]["alone"]["kinds"].items(), key=lambda pair: -pair[1]["p50"])
    for name, kind in slowest[:5]:
        table.add(f"  slow: {name}", f"p50 {kind['p50']:.2f} ms", f"p95 {kind['p95']:.2f} ms", "", "", None)
    return reports


def transactions(folder, database, seconds, table):
    """Bundles of one Patient and one Observation; how many share a sync of the disk."""
    reports = {}
    for clients in CLIENTS:
        server = Server(folder, fresh=True, database=database, counts_syncs=True)
        with server:
            server.database.begin_counting()
            report = drive(server, "--workload", "transactions", "--clients", clients, "--seconds", seconds, "--warmup", 0)
            server.settle()
        syncs = max(1, server.database.syncs())
        explain_errors(report)
        report["syncs"] = syncs
        reports[clients] = report
        aim = (">= 10 a sync, no errors".replace(">=", "≥"), report["requests"] / syncs >= 10 and not report["errors"])
        table.add(
            f"Small durable transactions, {clients} clients", f"{report['perSecond']:,.0f}/s", figures(report),
            f"{report['requests'] / syncs:.1f} a sync", *(aim if clients == CLIENTS[-1] else ("", None)))
    return reports
