"""fhirpy, as its users write it: <https://github.com/beda-software/fhir-py>."""

import asyncio
import uuid

import pytest
from fhirpy import AsyncFHIRClient, SyncFHIRClient
from fhirpy.base.exceptions import MultipleResourcesFound, OperationOutcome, ResourceNotFound

SYSTEM = "urn:oid:2.16.156.10011.1.3"


@pytest.fixture
def client(server):
    return SyncFHIRClient(f"{server.base}/fhir")


@pytest.fixture
def lenient(server):
    """fhirpy's `count()` sends `_totalMethod`, which FHIR does not know: lenient handling lets it pass."""
    return SyncFHIRClient(f"{server.base}/fhir", extra_headers={"Prefer": "handling=lenient"})


def patient(client, mark, given="一", **more):
    return client.resource(
        "Patient", name=[{"family": mark, "given": [given]}], identifier=[{"system": SYSTEM, "value": mark + given}], **more)


def observation(client, subject, value, day="2026-03-01"):
    return client.resource(
        "Observation", status="final", code={"coding": [{"system": "http://loinc.org", "code": "29463-7"}]},
        subject=subject.to_reference(), effectiveDateTime=f"{day}T08:00:00+08:00",
        valueQuantity={"value": value, "unit": "kg", "system": "http://unitsofmeasure.org", "code": "kg"})


def test_creates_reads_updates_and_deletes(client, mark):
    one = patient(client, mark, gender="female", birthDate="1951-02-03")
    one.save()
    assert one.id and one["meta"]["versionId"] == "1"

    read = client.reference("Patient", one.id).to_resource()
    assert read["birthDate"] == "1951-02-03"

    read["gender"] = "male"
    read.save()
    assert read["meta"]["versionId"] == "2"
    assert client.resources("Patient").search(_id=one.id).get()["gender"] == "male"

    read.delete()
    with pytest.raises(ResourceNotFound):
        client.reference("Patient", one.id).to_resource()


def test_says_what_is_wrong_with_a_resource(client):
    with pytest.raises(OperationOutcome) as refused:
        client.resource("Patient", gender="neither").save()
    issue = refused.value.resource["issue"][0]
    assert issue["severity"] == "error" and "gender" in str(issue)


def test_refuses_a_search_parameter_that_does_not_exist(client):
    with pytest.raises(OperationOutcome):
        client.resources("Patient").search(nonsense="1").fetch()


def test_searches_by_string_token_and_date(client, mark):
    for given, gender, born in (("一", "female", "1951-02-03"), ("二", "male", "1962-03-04"), ("三", "male", "1973-04-05")):
        patient(client, mark, given, gender=gender, birthDate=born).save()
    found = client.resources("Patient").search(family=mark)
    assert len(found.fetch()) == 3
    assert [p["birthDate"] for p in found.search(gender="male").sort("-birthdate").fetch()] == ["1973-04-05", "1962-03-04"]
    assert len(found.search(birthdate__ge="1960-01-01", birthdate__lt="1970-01-01").fetch()) == 1
    assert found.search(identifier=f"{SYSTEM}|{mark}二").get()["birthDate"] == "1962-03-04"
    with pytest.raises(MultipleResourcesFound):
        found.get()
    with pytest.raises(ResourceNotFound):
        client.resources("Patient").search(identifier=f"{SYSTEM}|{mark}九").get()


def test_counts_and_takes_the_first(client, lenient, mark):
    for number in range(4):
        patient(client, mark, str(number)).save()
    assert lenient.resources("Patient").search(family=mark).count() == 4
    assert client.resources("Patient").search(family=mark).first()["name"][0]["family"] == mark


def test_follows_every_page(client, mark):
    subject = patient(client, mark)
    subject.save()
    for number in range(23):
        observation(client, subject, 50 + number).save()
    pages = client.resources("Observation").search(subject=f"Patient/{subject.id}").sort("-date").limit(5)
    values = [o["valueQuantity"]["value"] for o in pages]
    assert sorted(values) == [50 + number for number in range(23)]


def test_includes_in_both_directions(client, mark):
    subject = patient(client, mark)
    subject.save()
    seen = observation(client, subject, 61)
    seen.save()
    bundle = client.resources("Observation").search(_id=seen.id).include("Observation", "subject").fetch_raw()
    assert {(e["resource"]["resourceType"], e["search"]["mode"]) for e in bundle["entry"]} == {
        ("Observation", "match"), ("Patient", "include")}
    bundle = client.resources("Patient").search(_id=subject.id).revinclude("Observation", "subject").fetch_raw()
    assert {(e["resource"]["resourceType"], e["search"]["mode"]) for e in bundle["entry"]} == {
        ("Patient", "match"), ("Observation", "include")}


def test_follows_chains_forwards_and_backwards(client, mark):
    one, other = patient(client, mark, "一"), patient(client, mark, "二")
    one.save()
    other.save()
    seen = observation(client, one, 64)
    seen.save()
    chained = client.resources("Observation").search(subject__Patient__family=mark, subject__Patient__given="一").fetch()
    assert [o.id for o in chained] == [seen.id]
    code = "29463-7"
    found = client.resources("Patient").search(family=mark).has("Observation", "subject", code=code).fetch()
    assert [p.id for p in found] == [one.id]


def test_creates_on_condition(server, client, mark):
    # `get_or_create` writes the condition into the address; R4 reads it from a header.
    conditional = SyncFHIRClient(
        f"{server.base}/fhir", extra_headers={"If-None-Exist": f"identifier={SYSTEM}|{mark}1"})
    first, second = (patient(conditional, mark, "1") for _ in range(2))
    first.save()
    second.save()
    assert first.id == second.id
    assert len(client.resources("Patient").search(family=mark).fetch()) == 1


def test_updates_and_deletes_on_condition(client, mark):
    condition = client.resources("Patient").search(identifier=f"{SYSTEM}|{mark}一")
    created, is_new = condition.update(patient(client, mark, gender="male"))
    assert is_new
    changed, is_new = condition.update(patient(client, mark, gender="female"))
    assert not is_new and changed.id == created.id and changed["gender"] == "female"
    condition.delete()
    assert condition.fetch() == []


def test_commits_a_transaction_whole_or_not_at_all(client, mark):
    name = f"urn:uuid:{uuid.uuid4()}"
    one = patient(client, mark).serialize()
    weight = {"resourceType": "Observation", "status": "final", "code": {"text": mark}}
    weight["subject"] = {"reference": name}

    def transaction(*resources):
        entries = [
            {"fullUrl": full, "resource": resource, "request": {"method": "POST", "url": resource["resourceType"]}}
            for full, resource in resources]
        return client.execute("", method="post", data={"resourceType": "Bundle", "type": "transaction", "entry": entries})

    answer = transaction((name, one), (f"urn:uuid:{uuid.uuid4()}", weight))
    assert [entry["response"]["status"].split()[0] for entry in answer["entry"]] == ["201", "201"]
    saved = client.resources("Patient").search(family=mark).get()
    assert client.resources("Observation").search(subject=f"Patient/{saved.id}").get()["subject"]["reference"] == f"Patient/{saved.id}"

    other = dict(one, name=[{"family": mark + "b"}])
    with pytest.raises(OperationOutcome):
        transaction((f"urn:uuid:{uuid.uuid4()}", other), (f"urn:uuid:{uuid.uuid4()}", dict(weight, status="nonsense")))
    assert client.resources("Patient").search(family=mark + "b").fetch() == []


def test_reads_history_and_versions(client, mark):
    one = patient(client, mark, gender="male")
    one.save()
    one["gender"] = "female"
    one.save()
    history = client.execute(f"Patient/{one.id}/_history", method="get")
    assert [entry["resource"]["gender"] for entry in history["entry"]] == ["female", "male"]
    assert client.execute(f"Patient/{one.id}/_history/1", method="get")["gender"] == "male"


def test_patches(server, client, mark):
    interactions = client.execute("metadata", method="get")["rest"][0]["resource"][0]["interaction"]
    if not any(interaction["code"] == "patch" for interaction in interactions):
        pytest.skip("this server declares no patch")
    one = patient(client, mark, gender="male")
    one.save()
    patching = SyncFHIRClient(f"{server.base}/fhir", extra_headers={"Content-Type": "application/json-patch+json"})
    changed = patching.execute(
        f"Patient/{one.id}", method="patch", data=[{"op": "replace", "path": "/gender", "value": "other"}])
    assert changed["gender"] == "other" and changed["meta"]["versionId"] == "2"


def test_serves_many_coroutines_at_once(server, mark):
    async def run():
        client = AsyncFHIRClient(f"{server.base}/fhir")
        people = [client.resource("Patient", name=[{"family": mark, "given": [str(n)]}]) for n in range(32)]
        await asyncio.gather(*(person.save() for person in people))
        found = await client.resources("Patient").search(family=mark).limit(10).fetch_all()
        return {person.id for person in people}, {person.id for person in found}

    saved, found = asyncio.run(run())
    assert len(saved) == 32 and saved == found
