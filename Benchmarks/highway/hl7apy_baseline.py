"""Seconds of processor time that hl7apy needs to parse each of the messages given, and to read ten fields of it.

Usage: python hl7apy_baseline.py ROUNDS FILE...   (pip install hl7apy)

hl7apy has no mapping to FHIR, so that this is less work than `highway-rate` does, which parses, maps and writes.
"""

import sys
import time

from hl7apy.consts import VALIDATION_LEVEL
from hl7apy.exceptions import HL7apyException
from hl7apy.parser import parse_message

FIELDS = ["pid_3", "pid_5", "pid_7", "pid_8", "pid_11", "pid_13"]


def main() -> None:
    rounds, paths = int(sys.argv[1]), sys.argv[2:]
    texts = [open(path, encoding="utf-8-sig", newline="").read().replace("\r\n", "\r").replace("\n", "\r") for path in paths]
    parsed = refused = 0
    start = time.process_time()
    for _ in range(rounds):
        for text in texts:
            try:
                message = parse_message(text, validation_level=VALIDATION_LEVEL.TOLERANT, find_groups=False)
            except HL7apyException:
                refused += 1
                continue
            parsed += 1
            for segment in message.children:
                if segment.name == "PID":
                    for field in FIELDS:
                        getattr(segment, field).to_er7()
    seconds = time.process_time() - start
    print(f"{parsed} parsed, {refused} refused, {seconds:.2f} s, {seconds / max(parsed, 1) * 1e6:.0f} µs each")


main()
