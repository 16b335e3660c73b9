"""Where things are, how they are built, and how a tool's report is read."""

import json
import os
import pathlib
import subprocess
import sys

BENCHMARKS = pathlib.Path(__file__).resolve().parent.parent
ROOT = BENCHMARKS.parent
WORK = BENCHMARKS / "var"

C_TOOLS = {
    "load": ("Load/load.c", ["-D_GNU_SOURCE", "-lpthread"]),
    "drive": ("Drive/drive.c", ["-D_GNU_SOURCE"]),
    "bare-sqlite": ("BareSQLite/bare-sqlite.c", ["-lsqlite3"]),
}
PACKAGES = {
    "json": ["libsimdjson-dev"],
    "fhirpath": ["python3-venv"],
    "load": ["gcc", "libc6-dev"],
    "limit": ["gcc", "libc6-dev", "libsqlite3-dev"],
    "reads": ["wrk"],
    "searches": [],
    "access": ["gcc", "libc6-dev", "openssl"],
    "crud": ["gcc", "libc6-dev"],
    "import": ["gcc", "libc6-dev"],
    "shapes": ["gcc", "libc6-dev"],
    "transactions": ["gcc", "libc6-dev", "strace", "procps"],
    "view": [],
}
# The tools in C that a part needs.
NEEDS = {
    "load": ["load"], "limit": ["bare-sqlite"], "crud": ["drive"], "import": ["load"], "shapes": ["load", "drive"],
    "transactions": ["drive"], "access": ["drive"],
}


# What the engine of FHIRPath is made of.
SPINE = ["JSON", "FHIR", "UCUM", "FHIRPath"]

healthbrain = ROOT / ".build" / "release" / "healthbrain"


def install(parts, own_binary=None):
    """Installs and builds what the parts need and is not there yet; the server is built unless one is given."""
    global healthbrain
    subprocess.run([ROOT / "Scripts" / "install-packages", *sorted({p for part in parts for p in PACKAGES[part]})], check=True)
    if own_binary:
        healthbrain = own_binary.resolve()
    elif parts - {"json", "fhirpath", "limit"}:
        subprocess.run([ROOT / "Scripts" / "build"], check=True, stdout=sys.stderr)
    for part, product, sources in [
        ("json", "json-parsing", ["JSONParsing", "CSimdjson", "../Sources/Spine/JSON"]),
        ("reads", "bare-route", ["BareRoute"]),
        ("fhirpath", "fhirpath-rate", ["FHIRPath", *(f"../Sources/Spine/{name}" for name in SPINE)]),
    ]:
        if part in parts and not is_built(swift_tool(product), [BENCHMARKS / source for source in sources]):
            subprocess.run(
                ["swift", "build", "--configuration", "release", "--product", product],
                cwd=BENCHMARKS, check=True, stdout=sys.stderr)
    for tool in sorted({tool for part in parts for tool in NEEDS.get(part, [])}):
        source, options = C_TOOLS[tool]
        binary(tool).parent.mkdir(exist_ok=True)
        subprocess.run(["cc", "-O2", "-Wall", "-Wextra", "-o", binary(tool), BENCHMARKS / source, *options], check=True)


def is_built(product, sources) -> bool:
    """Whether a product is there and no file that goes into it is newer."""
    files = [BENCHMARKS / "Package.swift", *(file for source in sources for file in source.rglob("*") if file.is_file())]
    return product.exists() and all(file.stat().st_mtime <= product.stat().st_mtime for file in files)


def binary(name) -> pathlib.Path:
    """A tool in C."""
    return BENCHMARKS / "bin" / name


def swift_tool(name) -> pathlib.Path:
    """A tool in Swift."""
    return BENCHMARKS / ".build" / "release" / name


def run_json(command, environment=None):
    """Runs a tool and gives the JSON object that it prints."""
    finished = subprocess.run(
        [str(part) for part in command], stdout=subprocess.PIPE, text=True, check=False,
        env={**os.environ, **(environment or {})})
    if finished.returncode not in (0, 2):
        sys.exit(f"{command[0]} failed with {finished.returncode}")
    return json.loads(finished.stdout)


def remove_database(path: pathlib.Path):
    for suffix in ("", "-wal", "-shm"):
        pathlib.Path(f"{path}{suffix}").unlink(missing_ok=True)


def processor() -> str:
    try:
        for line in pathlib.Path("/proc/cpuinfo").read_text().splitlines():
            if line.startswith("model name"):
                return line.split(":", 1)[1].strip()
    except OSError:
        pass
    return "unknown processor"


def cores() -> int:
    return len(os.sched_getaffinity(0))
