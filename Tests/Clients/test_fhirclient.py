"""fhirclient, SMART Health IT's library with strict R4 models: <https://github.com/smart-on-fhir/client-py>.

Its models refuse every answer that is not valid R4, the CapabilityStatement included.
"""

import uuid

import pytest
import requests
from fhirclient import client as smart
from fhirclient.models.bundle import Bundle, BundleEntry, BundleEntryRequest
from fhirclient.models.codeableconcept import CodeableConcept
from fhirclient.models.coding import Coding
from fhirclient.models.encounter import Encounter
from fhirclient.models.fhirdate import FHIRDate
from fhirclient.models.fhirdatetime import FHIRDateTime
from fhirclient.models.fhirreference import FHIRReference
from fhirclient.models.humanname import HumanName
from fhirclient.models.identifier import Identifier
from fhirclient.models.observation import Observation
from fhirclient.models.patient import Patient
from fhirclient.models.period import Period
from fhirclient.server import FHIRNotFoundException

SYSTEM = "urn:oid:2.16.156.10011.1.3"


@pytest.fixture
def remote(server):
    client = smart.FHIRClient(settings={"app_id": "tests", "api_base": f"{server.base}/fhir"})
    assert client.prepare() and client.ready, "a server without sign-in is ready as soon as its statement is read"
    return client.server


def patient(mark, given="一"):
    one = Patient()
    one.name = [HumanName({"family": mark, "given": [given]})]
    one.identifier = [Identifier({"system": SYSTEM, "value": mark + given})]
    one.gender = "female"
    one.birthDate = FHIRDate("1951-02-03")
    return one


def reference(resource):
    return FHIRReference({"reference": f"{resource.resource_type}/{resource.id}"})


def observation(subject, text):
    one = Observation()
    one.status = "final"
    one.code = CodeableConcept({"text": text})
    one.code.coding = [Coding({"system": "http://loinc.org", "code": "29463-7"})]
    one.subject = reference(subject)
    one.effectiveDateTime = FHIRDateTime("2026-03-01T08:00:00+08:00")
    return one


def save(resource, remote):
    answer = resource.create(remote)
    resource.id = answer["id"]
    return resource


def test_reads_the_capability_statement(remote):
    statement = remote.capabilityStatement
    assert statement.fhirVersion == "4.0.1" and statement.status == "active"
    types = {resource.type: resource for resource in statement.rest[0].resource}
    assert {"Patient", "Observation", "Encounter"} <= set(types)
    assert {"read", "create", "search-type"} <= {interaction.code for interaction in types["Patient"].interaction}


def test_creates_reads_updates_and_deletes(remote, mark):
    one = save(patient(mark), remote)
    read = Patient.read(one.id, remote)
    assert read.name[0].family == mark and read.birthDate.isostring == "1951-02-03" and read.meta.versionId == "1"
    read.gender = "male"
    assert read.update(remote)["meta"]["versionId"] == "2"
    assert Patient.read(one.id, remote).gender == "male"
    read.delete(remote)
    with pytest.raises((FHIRNotFoundException, requests.HTTPError)) as gone:
        Patient.read(one.id, remote)
    assert gone.value.response.status_code == 410


def test_does_not_find_what_is_not_there(remote):
    with pytest.raises(FHIRNotFoundException):
        Patient.read("nobody-has-this-id", remote)


def test_refuses_what_breaks_a_rule(remote):
    one = Patient()
    one.gender = "neither"
    with pytest.raises(requests.HTTPError) as refused:
        one.create(remote)
    assert 400 <= refused.value.response.status_code < 500
    assert refused.value.response.json()["resourceType"] == "OperationOutcome"


def test_searches_with_structures(remote, mark):
    for given in ("一", "二", "三"):
        save(patient(mark, given), remote)

    def matches(search):
        return list(search.perform_resources_iter(remote))

    found = matches(Patient.where({"family": mark}))
    assert {person.name[0].given[0] for person in found} == {"一", "二", "三"}
    assert len(matches(Patient.where({"family": mark, "given": {"$or": ["一", "三"]}}))) == 2
    assert len(matches(Patient.where({"family": {"$exact": mark}}))) == 3
    assert matches(Patient.where({"family": {"$exact": mark[:-1]}})) == []
    # Its `$gt` writes the `>` of a draft of FHIR; the prefixes of R4 are written into the value.
    assert len(matches(Patient.where({"family": mark, "birthdate": "gt1951-01-01"}))) == 3
    assert matches(Patient.where({"family": mark, "birthdate": "lt1951-01-01"})) == []


def test_follows_every_page(remote, mark):
    subject = save(patient(mark), remote)
    wanted = {save(observation(subject, f"{mark} {number}"), remote).id for number in range(23)}
    search = Observation.where({"subject": f"Patient/{subject.id}", "_count": "5"})
    pages = list(search.perform_iter(remote))
    assert len(pages) == 5 and all(len(page.entry) <= 5 for page in pages)
    assert {one.id for one in search.perform_resources_iter(remote)} == wanted


def test_includes_in_both_directions(remote, mark):
    subject = save(patient(mark), remote)
    seen = save(observation(subject, mark), remote)
    bundle = next(Observation.where({"_id": seen.id}).include("subject").perform_iter(remote))
    assert {entry.resource.resource_type for entry in bundle.entry} == {"Observation", "Patient"}
    bundle = next(Patient.where({"_id": subject.id}).include("subject", Observation, reverse=True).perform_iter(remote))
    assert {entry.resource.resource_type: entry.search.mode for entry in bundle.entry} == {
        "Patient": "match", "Observation": "include"}


def test_resolves_references(remote, mark):
    subject = save(patient(mark), remote)
    seen = Observation.read(save(observation(subject, mark), remote).id, remote)
    assert seen.subject.resolved(Patient).name[0].family == mark


def test_commits_a_transaction(remote, mark):
    name = f"urn:uuid:{uuid.uuid4()}"
    visit = Encounter()
    visit.status = "finished"
    visit.class_fhir = Coding({"system": "http://terminology.hl7.org/CodeSystem/v3-ActCode", "code": "AMB"})
    visit.subject = FHIRReference({"reference": name})
    visit.period = Period({"start": "2026-01-05T08:00:00+08:00"})
    bundle = Bundle()
    bundle.type = "transaction"
    bundle.entry = []
    for full, resource in ((name, patient(mark)), (f"urn:uuid:{uuid.uuid4()}", visit)):
        entry = BundleEntry()
        entry.fullUrl = full
        entry.resource = resource
        entry.request = BundleEntryRequest({"method": "POST", "url": resource.resource_type})
        bundle.entry.append(entry)
    answer = Bundle(remote.post_json("", bundle.as_json()).json())
    assert answer.type == "transaction-response"
    assert [entry.response.status.split()[0] for entry in answer.entry] == ["201", "201"]
    person = next(Patient.where({"family": mark}).perform_resources_iter(remote))
    assert len(list(Encounter.where({"subject": f"Patient/{person.id}"}).perform_resources_iter(remote))) == 1


def test_reads_history_as_bundles(remote, mark):
    one = save(patient(mark), remote)
    one.gender = "male"
    one.update(remote)
    history = Bundle.read_from(f"Patient/{one.id}/_history", remote)
    assert history.type == "history"
    assert [entry.resource.gender for entry in history.entry] == ["male", "female"]
    assert Patient.read_from(f"Patient/{one.id}/_history/1", remote).gender == "female"
