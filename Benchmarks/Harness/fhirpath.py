"""FHIRPath: the same expressions on the same documents, by the house and by fhirpathpy."""

import subprocess
import sys

from . import tools

VERSION = "2.2.4"
FOLDER = tools.BENCHMARKS / "FHIRPath"
# Documents of each type; fhirpathpy takes a millisecond for some expressions.
DOCUMENTS = 300


def install():
    """A virtual environment with fhirpathpy."""
    folder = tools.WORK / "fhirpathpy"
    python = folder / "bin" / "python"
    if not python.exists():
        subprocess.run([sys.executable, "-m", "venv", folder], check=True)
        subprocess.run([python, "-m", "pip", "install", "--quiet", f"fhirpathpy=={VERSION}"], check=True)
    return python


def measure(documents, table):
    """Gives the rows of both; adds the median and the least ratio to the table."""
    python = install()
    expressions, chosen = FOLDER / "expressions.json", tools.WORK / "fhirpath.ndjson"
    counts = {}
    with documents.resources_path.open(encoding="utf-8") as lines, chosen.open("w", encoding="utf-8") as out:
        for line in lines:
            kind = line.split('"resourceType":"', 1)[1].split('"', 1)[0]
            counts[kind] = counts.get(kind, 0) + 1
            if counts[kind] <= DOCUMENTS:
                out.write(line)
    own = tools.run_json([tools.swift_tool("fhirpath-rate"), expressions, chosen])["rows"]
    other = tools.run_json([python, FOLDER / "fhirpathpy-rate.py", expressions, chosen])["rows"]
    rows = []
    for one, two in zip(own, other):
        if two["items"] < 0:
            continue
        if one["items"] != two["items"]:
            print(f"{one['expression']}: {one['items']} items, {two['items']} by fhirpathpy", file=sys.stderr)
        rows.append({
            "expression": one["expression"], "microseconds": one["seconds"] / one["evaluations"] * 1e6,
            "fhirpathpyMicroseconds": two["seconds"] / two["evaluations"] * 1e6,
            "ratio": two["seconds"] / one["seconds"]})
    rows.sort(key=lambda row: row["ratio"])
    median, least = rows[len(rows) // 2], rows[0]
    for name, row in [("median", median), ("least", least)]:
        table.add(
            f"FHIRPath, {len(rows)} expressions, {name} ratio", f"{row['microseconds']:.2f} µs",
            f"fhirpathpy {VERSION}: {row['fhirpathpyMicroseconds']:.0f} µs", f"{row['ratio']:.0f} ×", "≥ 50 ×",
            row["ratio"] >= 50)
    return rows
