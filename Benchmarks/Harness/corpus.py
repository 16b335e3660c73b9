"""The documents that are measured with: transaction bundles, one a line, and their resources, one a line."""

import gzip
import json
import pathlib
import subprocess

from . import tools

SYNTHEA = tools.ROOT.parent / "shared" / "suites" / "synthea" / "bundles.ndjson.gz"


class Corpus:
    """Bundles as prepared in files, and what is known of them.

    - description: where they come from, how many.
    - bundles_path, resources_path: one bundle a line, one resource a line, both compact.
    - sizes: of each bundle, the number of resources and the bytes of their compact text.
    """

    def __init__(self, description, bundles_path, resources_path, sizes):
        self.description = description
        self.bundles_path = bundles_path
        self.resources_path = resources_path
        self.sizes = sizes

    def compact_bytes(self, resources: int) -> int:
        """Bytes of compact JSON in so many resources of a corpus that is loaded again and again."""
        whole = sum(count for count, _ in self.sizes)
        return round(sum(size for _, size in self.sizes) * resources / whole)


def prepare(path: pathlib.Path | None) -> Corpus:
    """Reads a corpus: the one named, else the 60 Synthea patients, else a city of our own."""
    if path is None and SYNTHEA.exists():
        path = SYNTHEA
    lines = read_lines(path) if path else city()
    bundles_path, resources_path = tools.WORK / "bundles.ndjson", tools.WORK / "resources.ndjson"
    sizes = []
    with bundles_path.open("w", encoding="utf-8") as bundles, resources_path.open("w", encoding="utf-8") as resources:
        for line in lines:
            bundle = json.loads(line)
            texts = [compact(entry["resource"]) for entry in bundle["entry"]]
            sizes.append((len(texts), sum(len(text.encode()) for text in texts)))
            bundles.write(line.strip() + "\n")
            resources.writelines(text + "\n" for text in texts)
    total = sum(count for count, _ in sizes)
    name = path.parent.name if path else "a city of residents, by healthbrain city"
    return Corpus(f"{name}, {len(sizes)} bundles, {total:,} resources", bundles_path, resources_path, sizes)


def read_lines(path: pathlib.Path):
    opened = gzip.open(path, "rt", encoding="utf-8") if path.suffix == ".gz" else path.open(encoding="utf-8")
    with opened as file:
        return [line for line in file if line.strip()]


def city():
    """Bundles of our own simulator."""
    command = [tools.healthbrain, "city", "--residents", "2000", "--days", "730", "--out", "-"]
    return subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True).stdout.splitlines()


def compact(resource) -> str:
    return json.dumps(resource, ensure_ascii=False, separators=(",", ":"))
