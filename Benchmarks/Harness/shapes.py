"""The 30 search shapes of a public comparison of FHIR servers, with values drawn from the loaded records.

Which shapes, and that they are drawn with equal chances, is after mock-health/fhir-server-compare (2026-05): the queries
that its load test includes.
"""

import random
import urllib.parse

LOINC = "http://loinc.org"


def lines(server, count=6000, seed=11):
    """So many lines of a name, a tab and a path, in an order of chance.

    - server: serves the records that the values are drawn from.
    """
    chance = random.Random(seed)
    pools = harvest(server)
    shapes = [(name, path, list(parameters.items())) for name, path, parameters in SHAPES]
    for _ in range(count):
        name, path, parameters = chance.choice(shapes)
        drawn = {pool: chance.choice(values) for pool, values in pools.items() if values}
        query = urllib.parse.urlencode([(key, value.format(**drawn)) for key, value in parameters])
        yield f"{name}\t/fhir/{path.format(**drawn)}{'?' if query else ''}{query}"


def harvest(server):
    """Values by the name of their pool: ids as they are, codes as `system|code`."""

    def resources(kind):
        return [entry["resource"] for entry in server.get(f"/fhir/{kind}?_count=1000").get("entry", [])]

    def codes(kind, element="code"):
        return sorted({
            f"{coding['system']}|{coding['code']}" for resource in resources(kind)
            for coding in resource.get(element, {}).get("coding", []) if "system" in coding})

    patients, encounters = resources("Patient"), resources("Encounter")
    return {
        "patient": [patient["id"] for patient in patients],
        "family": sorted({name["family"] for patient in patients for name in patient["name"] if "family" in name}),
        "condition": codes("Condition"),
        "procedure": codes("Procedure"),
        "practitioner": references(encounters, "Practitioner/") or [r["id"] for r in resources("Practitioner")],
        "location": references(encounters, "Location/") or ["none"],
    }


def references(resources, start):
    """The ids that participants and locations of encounters refer to."""
    found = set()
    for resource in resources:
        places = [participant.get("individual", {}) for participant in resource.get("participant", [])]
        places += [place.get("location", {}) for place in resource.get("location", [])]
        found.update(
            place["reference"][len(start):] for place in places if place.get("reference", "").startswith(start))
    return sorted(found)


SHAPES = [
    ("metadata", "metadata", {}),
    ("Observation", "Observation", {"_count": "10"}),
    ("Observation, accurate total", "Observation", {"_count": "1", "_total": "accurate"}),
    ("Observation by code, no hit", "Observation", {"code": f"{LOINC}|8480-6", "_count": "1", "_total": "accurate"}),
    ("Observation by combo-code", "Observation", {"combo-code": f"{LOINC}|8480-6", "_count": "1", "_total": "accurate"}),
    ("Patient by gender", "Patient", {"gender": "male", "_count": "5", "_total": "accurate"}),
    ("Patient by family's beginning", "Patient", {"family": "S", "_count": "5"}),
    ("Patient by given's beginning", "Patient", {"given": "A", "_count": "5"}),
    ("Patient by gender and family", "Patient", {"gender": "female", "family": "B", "_count": "5"}),
    ("Observation by code: height", "Observation", {"code": f"{LOINC}|8302-2", "_count": "5", "_total": "accurate"}),
    ("Observation by code: weight", "Observation", {"code": f"{LOINC}|29463-7", "_count": "5", "_total": "accurate"}),
    ("Observation by code: pain", "Observation", {"code": f"{LOINC}|72514-3", "_count": "5", "_total": "accurate"}),
    ("Observation by date", "Observation", {"date": "ge2020-01-01", "_count": "5"}),
    ("read Patient", "Patient/{patient}", {}),
    ("Patient by family", "Patient", {"family": "{family}", "_count": "5"}),
    ("Observation by patient", "Observation", {"patient": "Patient/{patient}", "_count": "20"}),
    ("Condition by patient", "Condition", {"patient": "Patient/{patient}"}),
    ("Condition by code", "Condition", {"code": "{condition}", "_count": "5"}),
    ("Procedure by code", "Procedure", {"code": "{procedure}", "_count": "5"}),
    ("Encounter by patient", "Encounter", {"patient": "Patient/{patient}", "_count": "10"}),
    ("MedicationRequest by patient", "MedicationRequest", {"patient": "Patient/{patient}", "_count": "10"}),
    ("Encounter by practitioner", "Encounter", {"participant": "Practitioner/{practitioner}", "_count": "10"}),
    ("Encounter by location", "Encounter", {"location": "Location/{location}", "_count": "10"}),
    ("Patient by _content", "Patient", {"_content": "Smith", "_count": "5"}),
    ("Observation by _content", "Observation", {"_content": "blood", "_count": "5"}),
    ("Condition by _content", "Condition", {"_content": "hypertension", "_count": "5"}),
    ("Patient by name:text", "Patient", {"name:text": "ohn", "_count": "5"}),
    ("Patient by address:text", "Patient", {"address:text": "Boston", "_count": "5"}),
    ("Patient by _text", "Patient", {"_text": "Smith", "_count": "5"}),
    ("Condition by code:text", "Condition", {"code:text": "hypertensive", "_count": "5"}),
]
