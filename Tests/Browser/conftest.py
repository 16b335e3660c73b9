"""A real browser in front of a served demo city.

    HEALTHBRAIN_URL=http://127.0.0.1:8080 python -m pytest Tests/Browser

Needs Chromium with its driver, and the Python packages pytest, selenium and axe-selenium-python.
"""

import functools
import importlib.util
import json
import os
import pathlib
import re
import shutil
import socket
import subprocess
import sys
import tempfile
import urllib.parse
import urllib.request

import pytest
from selenium import webdriver
from selenium.webdriver.chrome.options import Options
from selenium.webdriver.chrome.service import Service

BASE = os.environ.get("HEALTHBRAIN_URL", "http://127.0.0.1:8080").rstrip("/")


@functools.cache
def axe_source() -> str:
    """The accessibility engine, out of whichever package carries it; the newest first."""
    places = (
        ("axe_playwright_python", "axe.min.js"),
        ("axe_core_python", "axe.min.js"),
        ("axe_selenium_python", "node_modules/axe-core/axe.min.js"),
    )
    for package, path in places:
        found = importlib.util.find_spec(package)
        for folder in (found.submodule_search_locations if found else None) or []:
            file = pathlib.Path(folder) / path
            if file.exists():
                return file.read_text(encoding="utf-8")
    raise FileNotFoundError("axe.min.js: install axe-selenium-python")


class Browser:
    """Chromium with the choices that a page must bear: window, colour scheme, script, language, size of type."""

    def __init__(self, script=True):
        options = Options()
        for argument in ("--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--lang=zh-CN"):
            options.add_argument(argument)
        if not script:
            options.add_experimental_option("prefs", {"profile.managed_default_content_settings.javascript": 2})
        options.set_capability("goog:loggingPrefs", {"browser": "ALL", "performance": "ALL"})
        binary = shutil.which("chromium")
        if binary:
            options.binary_location = binary
        self.driver = webdriver.Chrome(options=options, service=Service(shutil.which("chromedriver")))
        self.window(1280, 900)

    def window(self, width, height):
        self.driver.execute_cdp_cmd(
            "Emulation.setDeviceMetricsOverride",
            {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": False},
        )

    def media(self, **features):
        """Pretends a medium or a preference of the reader, such as prefers_color_scheme="dark"."""
        media = features.pop("media", "")
        listed = [{"name": name.replace("_", "-"), "value": value} for name, value in features.items()]
        self.driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"media": media, "features": listed})

    def open(self, path, language=None, size=None):
        """Opens a page, with the choices kept in cookies as a reader's are."""
        self.driver.delete_all_cookies()
        for name, value in (("hb_lang", language), ("hb_type", size)):
            if value:
                self.driver.execute_cdp_cmd("Network.setCookie", {"name": name, "value": value, "url": BASE})
        self.driver.get(BASE + path)

    def js(self, code, *arguments):
        return self.driver.execute_script(code, *arguments)

    def violations(self, *rules):
        """What axe finds against WCAG 2.2 A and AA and its own best practices; of some rules alone, if any are named."""
        if not self.js("return 'axe' in window"):
            self.js(axe_source())
        return self.driver.execute_async_script(
            "const [rules, done] = [arguments[0], arguments[arguments.length - 1]];"
            "const only = rules.length ? {runOnly: {type: 'rule', values: rules}} : {};"
            "axe.run(document, {resultTypes: ['violations'], ...only}).then(r => done(r.violations.map("
            "v => v.id + ': ' + v.nodes.map(n => n.target.join(' ')).slice(0, 5).join('; '))), e => done([String(e)]));",
            list(rules),
        )


@pytest.fixture(scope="session")
def browser():
    browser = Browser()
    yield browser
    browser.driver.quit()


@pytest.fixture(scope="session")
def plain_browser():
    """A browser with script off."""
    browser = Browser(script=False)
    yield browser
    browser.driver.quit()


@pytest.fixture(autouse=True)
def usual(request):
    """Every test begins with the usual window and medium."""
    yield
    for name in ("browser", "plain_browser"):
        if name in request.fixturenames:
            opened = request.getfixturevalue(name)
            opened.window(1280, 900)
            opened.media()


def fhir(path, **parameters):
    """What the FHIR door answers."""
    query = urllib.parse.urlencode(parameters)
    with urllib.request.urlopen(f"{BASE}/fhir/{path}?{query}", timeout=30) as answer:
        return json.load(answer)


class Resident:
    """A resident of the demo city who has visits, laboratory values, an ID number and a phone."""

    def __init__(self, patient):
        self.id = patient["id"]
        self.name = patient["name"][0].get("text") or patient["name"][0]["family"]
        self.id_number = next(
            i["value"] for i in patient["identifier"] if i.get("system") == "urn:oid:2.16.156.10011.1.3"
        )
        self.phone = next(t["value"] for t in patient["telecom"] if t.get("system") == "phone")


@pytest.fixture(scope="session")
def resident():
    best, most = None, -1
    for entry in fhir("Patient", _count=60)["entry"]:
        patient = entry["resource"]
        try:
            candidate = Resident(patient)
        except (KeyError, StopIteration):
            continue
        subject = f"Patient/{candidate.id}"
        measured = fhir("Observation", subject=subject, _summary="count").get("total", 0)
        visited = fhir("Encounter", subject=subject, _summary="count").get("total", 0)
        if visited and measured > most:
            best, most = candidate, measured
    assert best, "the demo city has a resident with an ID number, a phone and a visit"
    return best


class GuardedCity:
    """A served demo city where people sign in, with another provider of identities and a program."""

    def __init__(self, folder, *more):
        root = pathlib.Path(__file__).resolve().parents[2]
        self.binary = os.environ.get("HEALTHBRAIN_BINARY", str(root / ".build/release/healthbrain"))
        self.folder = folder
        providers = pathlib.Path(folder, "providers.json")
        providers.write_text(json.dumps([
            {"name": "city-id", "title": "城市通行证", "issuer": "https://127.0.0.1:9", "clientID": "healthbrain"}]))
        # Where people reach the server is a part of what programs ask, so that the port is chosen before.
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = probe.getsockname()[1]
        self.log = open(pathlib.Path(folder, "server.log"), "wb")
        self.server = subprocess.Popen(
            [self.binary, "serve", "--port", str(port), "--data", folder, "--access", "enforced", "--format", "json",
             "--providers", str(providers), "--demo", "--city", "hangzhou", "--residents", "150", "--days", "90",
             "--seed", "1", *(more or ("--programmes", "none"))],
            env={**os.environ, "HEALTHBRAIN_ASSETS": str(root / "assets")},
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=self.log)
        self.url = json.loads(self.server.stdout.readline())["pages"].rstrip("/")
        # Said once the city is complete.
        self.accounts = {one["login"]: one for one in json.loads(self.server.stdout.readline())["accounts"]}
        subprocess.run(
            [sys.executable, str(root / "Scripts/wait-until-filled"), self.url, "--seconds", "120"], check=True,
            stdout=subprocess.DEVNULL)
        self.program = re.match(r"\S+", self.run(
            "client", "add", "血压日记", "--type", "public", "--redirect", self.url + "/program-done",
            "--scopes", "launch/patient openid fhirUser offline_access patient/*.rs")).group()

    def run(self, *arguments):
        """Runs the program beside the server; gives what it says."""
        done = subprocess.run(
            [self.binary, *arguments, "--data", self.folder], check=True, capture_output=True, text=True, timeout=60)
        return done.stdout

    def fhir(self, path, **parameters):
        """What the FHIR door answers to the house itself."""
        token = pathlib.Path(self.folder, "house.token").read_text().strip()
        request = urllib.request.Request(
            f"{self.url}/fhir/{path}?{urllib.parse.urlencode(parameters)}",
            headers={"Authorization": f"Bearer {token}"})
        with urllib.request.urlopen(request, timeout=30) as answer:
            return json.load(answer)

    def stop(self):
        self.server.terminate()
        self.server.wait(timeout=60)
        self.log.close()


@pytest.fixture(scope="session")
def house():
    with tempfile.TemporaryDirectory() as folder:
        house = GuardedCity(folder)
        yield house
        house.stop()
