"""The pages of a server where people sign in, by the demo account of each face.

The city is served by the tests themselves (`house` in conftest.py), with another provider of identities and a program.
"""

import re
import urllib.parse

import pytest
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys

from test_walks import focused, press, tab_to, wait

PAGES = {
    None: ("/sign-in", "/sign-in?next=%2Faccount&done=out", "/auth/authorize?client_id=nobody"),
    "resident": ("/residents/{own}", "/residents/{child}", "/my/accesses", "/my/accesses?own=1&person={child}",
                 "/my/family", "/my/family/new", "/account", "/account/password", "/account/second-factor", "/sign-out",
                 "/no/such/page", "/residents", "{program}"),
    "clinician": ("/residents", "/residents?q=zzz", "/residents/{own}", "/records/Patient/{own}", "/emergency", "/reports",
                  "/residents/nobody"),
    "epidemiologist": ("/", "/reports", "/reports?show=waiting"),
    "manager": ("/",),
    "operator": ("/operator/accounts", "/operator/accounts/new", "{clinician}", "/operator/audit"),
}
# Who is whom, what comes and goes, and signals.
MORE_PAGES = {
    "resident": ("/my/code",), "epidemiologist": ("/signals", "/population", "/laboratories", "/laboratories/plan"),
    "operator": ("/identity", "/ops/highway", "/ops/highway/out"),
}
CASES = [(face, path) for pages in (PAGES, MORE_PAGES) for face, paths in pages.items() for path in paths]
# What is refused, and what leaves this site, complains in the browser's console.
COMPLAINING = {"/auth/authorize?client_id=nobody", "/no/such/page", "/residents/nobody"}

SMALL_TARGETS = """
    const least = arguments[0];
    const target = e => e.matches("input[type=radio], input[type=checkbox]") ? e.parentElement : e;
    return [...document.querySelectorAll("main a, nav a, header a, button, input, select, textarea, summary")]
        .filter(e => e.getClientRects().length && !e.closest(".skip, .tree, .visually-hidden"))
        .map(e => [e.outerHTML.slice(0, 90), target(e).getBoundingClientRect()])
        .filter(([, box]) => box.height < least - 0.5 || box.width < least - 0.5)
        .map(([html, box]) => `${html} ${box.width}x${box.height}`)
"""


class Visitors:
    """Sessions of the faces, each signed in once by the page, and the addresses that depend on the city."""

    def __init__(self, house, browser):
        self.house, self.browser = house, browser
        self.sessions = {face: self.sign_in(browser, face) for face in house.accounts}
        self.places = {}
        self.show("resident", "/my")
        self.places["own"] = self.path.rsplit("/", 1)[1]
        self.show("resident", "/my/family")
        self.places["children"] = [
            e.get_attribute("href").rsplit("/", 1)[1]
            for e in browser.driver.find_elements(By.CSS_SELECTOR, '.cards a[href^="/residents/"]')]
        self.places["child"] = self.places["children"][0]
        self.show("operator", "/operator/accounts?q=clinician")
        self.places["clinician"] = urllib.parse.urlsplit(
            browser.driver.find_element(By.CSS_SELECTOR, 'main a[href*="/operator/accounts/"][href*="-"]')
            .get_attribute("href")).path
        self.places["program"] = self.program("launch/patient openid fhirUser offline_access patient/*.rs")

    @property
    def path(self):
        return urllib.parse.urlsplit(self.browser.driver.current_url).path

    def program(self, scope):
        """The address by which a program asks."""
        return "/auth/authorize?" + urllib.parse.urlencode({
            "response_type": "code", "client_id": self.house.program, "redirect_uri": self.house.url + "/program-done",
            "scope": scope, "state": "s-1", "aud": self.house.url + "/fhir",
            "code_challenge": "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM", "code_challenge_method": "S256"})

    def cookie(self, browser, name, value):
        browser.driver.execute_cdp_cmd(
            "Network.setCookie", {"name": name, "value": value, "url": self.house.url, "httpOnly": True})

    def sign_in(self, browser, face, path="/sign-in"):
        browser.driver.delete_all_cookies()
        self.cookie(browser, "hb_type", "normal")
        browser.driver.get(self.house.url + path)
        browser.driver.find_element(By.ID, "login").send_keys(face)
        browser.driver.find_element(By.ID, "password").send_keys(self.house.accounts[face]["password"], Keys.ENTER)
        wait(browser, lambda: "/sign-in" not in browser.driver.current_url)
        return browser.driver.get_cookie("healthbrain_session")["value"]

    def show(self, face, path, language="zh", size="normal", browser=None):
        browser = browser or self.browser
        browser.driver.delete_all_cookies()
        for name, value in (
                ("hb_lang", language), ("hb_type", size), ("healthbrain_session", self.sessions.get(face))):
            if value:
                self.cookie(browser, name, value)
        browser.driver.get(self.house.url + path.format_map(self.places))
        return browser.driver


@pytest.fixture(scope="session")
def visitors(house, browser):
    return Visitors(house, browser)


def identity(value):
    return value if isinstance(value, str) else "nobody"


def whole(browser, tag):
    """What is missing of a page in a language."""
    missing = []
    if browser.js("return document.documentElement.lang") != tag:
        missing.append("language")
    if "⟦" in browser.driver.page_source:
        missing.append("words")
    if len(browser.driver.find_elements(By.CSS_SELECTOR, "h1")) != 1:
        missing.append("one h1")
    return missing


def sideways(browser, width=320):
    browser.window(width, 900)
    over = browser.js("return document.documentElement.scrollWidth") - width
    return [f"{over} px beyond {width}"] if over > 0 else []


@pytest.mark.parametrize("face, path", CASES, ids=identity)
def test_a_page_in_chinese(visitors, browser, face, path):
    """Whole, without a violation at a desk, in the dark, and in large type on a phone; with targets to be hit."""
    visitors.show(face, path)
    found = {"whole": whole(browser, "zh-CN"), "axe": browser.violations()}
    browser.media(prefers_color_scheme="dark")
    found["axe in the dark"] = browser.violations("color-contrast")
    browser.media()
    found["sideways"] = sideways(browser)
    browser.window(375, 900)
    found["targets"] = browser.js(SMALL_TARGETS, 44)
    visitors.show(face, path, size="large")
    found["targets in large type"] = browser.js(SMALL_TARGETS, 60)
    found["sideways in large type"] = sideways(browser)
    found["axe in large type"] = browser.violations()
    assert {name: faults for name, faults in found.items() if faults} == {}


@pytest.mark.parametrize("face, path", CASES, ids=identity)
def test_a_page_in_english(visitors, browser, face, path):
    """Whole and without a violation on a phone; no scrolling sideways, in large type neither."""
    browser.window(390, 844)
    visitors.show(face, path, "en")
    found = {"whole": whole(browser, "en"), "axe": browser.violations(), "sideways": sideways(browser)}
    visitors.show(face, path, "en", "large")
    found["sideways in large type"] = sideways(browser)
    assert {name: faults for name, faults in found.items() if faults} == {}


def test_pages_are_whole_with_script_off(visitors, plain_browser):
    plain_browser.window(390, 844)
    for face, path in CASES:
        driver = visitors.show(face, path, browser=plain_browser)
        assert whole(plain_browser, "zh-CN") == [], path
        for form in driver.find_elements(By.CSS_SELECTOR, "main form"):
            assert form.find_elements(By.CSS_SELECTOR, "button"), (path, form.get_attribute("outerHTML")[:120])


def test_nothing_is_blocked_by_the_policy(visitors, browser):
    browser.driver.get_log("browser")
    for face, path in CASES:
        if path not in COMPLAINING and (face, path) != ("resident", "/residents"):
            visitors.show(face, path)
    complaints = [line["message"] for line in browser.driver.get_log("browser") if "favicon" not in line["message"]]
    assert complaints == []


# ---- Signing in ---------------------------------------------------------------------------------------------------


def test_signing_in_and_out_by_keyboard(visitors, browser):
    browser.driver.delete_all_cookies()
    visitors.cookie(browser, "hb_type", "normal")
    browser.driver.get(visitors.house.url + "/my/accesses")
    wait(browser, lambda: "/sign-in" in browser.driver.current_url)
    tab_to(browser, lambda e: e.get_attribute("id") == "login").send_keys("resident")
    tab_to(browser, lambda e: e.get_attribute("id") == "password").send_keys(
        visitors.house.accounts["resident"]["password"], Keys.ENTER)
    wait(browser, lambda: browser.driver.current_url.endswith("/my/accesses"))
    tab_to(browser, lambda e: e.tag_name == "button")
    press(browser, Keys.ENTER)
    wait(browser, lambda: "done=out" in browser.driver.current_url)
    assert browser.driver.get_cookie("healthbrain_session") is None


def test_what_was_wrong_is_said_and_has_the_focus(visitors, browser):
    driver = visitors.show(None, "/sign-in")
    driver.find_element(By.ID, "login").send_keys("somebody-else")
    driver.find_element(By.ID, "password").send_keys("wrong password", Keys.ENTER)
    wait(browser, lambda: driver.find_elements(By.CSS_SELECTOR, "[role=alert]"))
    assert focused(browser).get_attribute("role") == "alert"
    assert driver.find_element(By.ID, "login").get_attribute("value") == "somebody-else"
    assert browser.violations() == []


def test_the_demo_accounts_stand_on_the_sign_in_page_and_open_with_script_off(visitors, plain_browser):
    plain_browser.window(390, 844)
    driver = visitors.show(None, "/sign-in", browser=plain_browser)
    shown = driver.find_element(By.CSS_SELECTOR, ".demo").text
    assert len(visitors.house.accounts) == 6
    for account in visitors.house.accounts.values():
        assert account["login"] in shown and account["password"] in shown
        # Somebody's name, as Chinese people have them.
        assert re.search(r"[\u4e00-\u9fff]{2,}$", account["about"])
    card = next(e for e in driver.find_elements(By.CSS_SELECTOR, ".demo li") if "clinician" in e.text.split())
    card.find_element(By.TAG_NAME, "button").click()
    wait(plain_browser, lambda: driver.current_url.endswith("/residents"))
    driver.find_element(By.CSS_SELECTOR, ".person-bar button").click()
    wait(plain_browser, lambda: "done=out" in driver.current_url)


def test_another_provider_is_begun_by_a_button_and_says_when_it_is_not_there(visitors, browser):
    driver = visitors.show(None, "/sign-in?next=%2Faccount")
    driver.find_element(By.CSS_SELECTOR, 'form[action^="/auth/oidc/"] button').click()
    wait(browser, lambda: driver.current_url.endswith("/auth/oidc/city-id/start"))
    assert "不能继续登录" in driver.find_element(By.TAG_NAME, "h1").text
    assert browser.violations() == []
    driver.get(visitors.house.url + "/auth/oidc/city-id/start?next=%2Faccount")
    assert urllib.parse.urlsplit(driver.current_url).path == "/sign-in"


def test_a_new_password_is_judged_while_it_is_typed(visitors, browser):
    visitors.show("resident", "/account/password")
    field = browser.driver.find_element(By.ID, "new")
    field.send_keys("12345678")
    wait(browser, lambda: browser.driver.find_elements(By.CSS_SELECTOR, "#new-live.act"))
    field.clear()
    field.send_keys("kelp-Orbit 47 violin/Harbour")
    wait(browser, lambda: browser.driver.find_elements(By.CSS_SELECTOR, "#new-live.good"))
    browser.driver.find_element(By.ID, "new-reveal").click()
    assert field.get_attribute("type") == "text"


def test_a_picture_of_the_key_is_drawn_at_the_server(visitors, browser):
    visitors.show("manager", "/account/second-factor")
    browser.driver.find_element(By.CSS_SELECTOR, "main form button").click()
    picture = wait(browser, lambda: browser.driver.find_element(By.CSS_SELECTOR, "svg.qr"))
    assert picture.rect["width"] >= 200
    assert browser.driver.find_element(By.CSS_SELECTOR, ".secret code").text
    assert browser.violations() == []


# ---- A resident and the family ------------------------------------------------------------------------------------


def test_a_parent_sees_the_own_children_and_no_others(visitors, browser):
    own, children = visitors.places["own"], visitors.places["children"]
    related = visitors.house.fhir("RelatedPerson", _count=500)["entry"]
    linked = visitors.house.fhir(f"Patient/{own}")["link"]
    mine = {link["other"]["reference"] for link in linked}
    of = lambda entry: entry["resource"]["patient"]["reference"].removeprefix("Patient/")
    assert set(children) == {of(e) for e in related if f"RelatedPerson/{e['resource']['id']}" in mine}
    for child in children:
        visitors.show("resident", f"/residents/{child}")
        assert browser.driver.find_elements(By.CSS_SELECTOR, ".who"), child
    other = next(of(e) for e in related if of(e) not in children)
    visitors.show("resident", f"/residents/{other}")
    assert not browser.driver.find_elements(By.CSS_SELECTOR, ".who")


def test_the_residents_page_says_who_looked(visitors, browser):
    visitors.show("clinician", "/residents/{own}")
    assert browser.driver.find_elements(By.CSS_SELECTOR, ".who")

    def shown():
        visitors.show("resident", "/my/accesses")
        return browser.driver.find_elements(By.CSS_SELECTOR, ".accesses li")

    wait(browser, shown)
    assert browser.driver.find_elements(By.CSS_SELECTOR, 'a[href*="/my/accesses/objection"]')
    assert browser.violations() == []


@pytest.mark.parametrize("script", (True, False), ids=("script", "no script"))
def test_a_mandate_is_given_and_ended_on_a_phone(visitors, request, script):
    walker = request.getfixturevalue("browser" if script else "plain_browser")
    adults = visitors.house.fhir("Patient", birthdate="lt1990-01-01", active="true", _count=50)["entry"]
    other = next(
        e["resource"] for e in adults
        if e["resource"]["id"] != visitors.places["own"] and "deceasedDateTime" not in e["resource"]
        and e["resource"]["identifier"][0].get("system") == "urn:oid:2.16.156.10011.1.3")
    name, number = other["name"][0]["text"], other["identifier"][0]["value"]
    walker.window(390, 844)
    driver = visitors.show("resident", "/my/family/new", browser=walker)
    button = lambda: driver.find_element(By.CSS_SELECTOR, "main form.step button")
    driver.find_element(By.ID, "name").send_keys(name)
    driver.find_element(By.ID, "number").send_keys("110101190001010000")
    button().click()
    wait(walker, lambda: driver.find_elements(By.CSS_SELECTOR, "[role=alert] a[href='#number']"))
    assert driver.find_element(By.ID, "name").get_attribute("value") == name
    assert not script or walker.violations() == []
    field = driver.find_element(By.ID, "number")
    field.clear()
    field.send_keys(number)
    button().click()
    wait(walker, lambda: "done=given" in driver.current_url)
    assert name in driver.find_element(By.CSS_SELECTOR, ".cards").text
    assert not script or walker.violations() == [] and sideways(walker) == []
    driver.find_element(By.CSS_SELECTOR, 'form[action="/my/family/end"] button').click()
    wait(walker, lambda: "done=ended" in driver.current_url)
    assert not driver.find_elements(By.CSS_SELECTOR, 'form[action="/my/family/end"]')


# ---- Programs -----------------------------------------------------------------------------------------------------


def test_a_program_is_let_in_by_keyboard_and_ended_on_the_own_account(visitors, browser):
    driver = visitors.show("resident", visitors.program("launch/patient patient/Observation.rs patient/Patient.r"))
    assert "血压日记" in driver.find_element(By.TAG_NAME, "h1").text
    if not driver.find_elements(By.CSS_SELECTOR, "input[name=patient]:checked"):
        tab_to(browser, lambda e: e.get_attribute("name") == "patient").send_keys(Keys.SPACE)
    tab_to(browser, lambda e: e.get_attribute("value") == "allow")
    press(browser, Keys.ENTER)
    wait(browser, lambda: "code=" in driver.current_url)
    visitors.show("resident", "/account")
    assert "血压日记" in driver.find_element(By.TAG_NAME, "main").text
    assert browser.violations() == []
    driver.find_element(By.CSS_SELECTOR, 'form[action="/account/programs/end"] button').click()
    wait(browser, lambda: "done=program" in driver.current_url)
    assert "血压日记" not in driver.find_element(By.TAG_NAME, "main").text


# ---- Staff --------------------------------------------------------------------------------------------------------


def test_a_sensitive_category_is_granted_and_taken_back(visitors, browser):
    for granted in (True, False):
        driver = visitors.show("operator", "{clinician}")
        box = driver.find_element(By.ID, "category-mentalHealth")
        assert box.is_selected() != granted
        box.click()
        driver.find_element(By.CSS_SELECTOR, "button[value=grants]").click()
        wait(browser, lambda: "done=grants" in driver.current_url)
        assert driver.find_element(By.ID, "category-mentalHealth").is_selected() == granted


def test_the_browser_keeps_no_words_of_a_search(visitors, browser):
    driver = visitors.show("clinician", "/residents?q=%E7%8E%8B%E7%A7%80%E8%8B%B1")
    driver.get(visitors.house.url + "/residents")
    kept = browser.js("return JSON.stringify({...sessionStorage}) + JSON.stringify({...localStorage})")
    assert "place:/residents" in kept and "q=" not in kept and "%E7" not in kept
