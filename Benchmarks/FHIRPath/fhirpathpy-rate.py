"""The same as main.swift with the fhirpathpy of this Python: compiled and parsed before the clock starts.

    python fhirpathpy-rate.py expressions.json resources.ndjson
"""

import json
import sys
import time

import fhirpathpy
from fhirpathpy.models import models


def main() -> int:
    with open(sys.argv[1], encoding="utf-8") as file:
        expressions = json.load(file)
    with open(sys.argv[2], encoding="utf-8") as file:
        documents = [json.loads(line) for line in file]
    rows = []
    for kind, texts in expressions.items():
        chosen = [document for document in documents if document["resourceType"] == kind]
        for text in texts:
            evaluate = fhirpathpy.compile(text, models["r4"])
            items, best = 0, float("inf")
            for _ in range(2):
                start = time.perf_counter()
                try:
                    items = sum(len(evaluate(document, {"resource": document})) for document in chosen)
                except Exception as error:  # what it can't evaluate isn't compared
                    items, best = -1, 0.0
                    print(f"{text}: {error!r}", file=sys.stderr)
                    break
                best = min(best, time.perf_counter() - start)
            rows.append({"type": kind, "expression": text, "evaluations": len(chosen), "items": items, "seconds": best})
    print(json.dumps({"rows": rows}))
    return 0


if __name__ == "__main__":
    sys.exit(main())
