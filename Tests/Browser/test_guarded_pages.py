"""The pages of a server where people sign in, by the demo account of each face.

    healthbrain serve --demo --access enforced --data DIR --port 8081
    HEALTHBRAIN_GUARDED_URL=http://127.0.0.1:8081 HEALTHBRAIN_DEMO_ACCOUNTS=DIR/demo-accounts.json \
        python -m pytest Tests/Browser/test_guarded_pages.py
"""

import json
import os
import pathlib

import pytest
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys

from test_walks import focused, press, tab_to, wait

URL = os.environ.get("HEALTHBRAIN_GUARDED_URL", "").rstrip("/")
ACCOUNTS = os.environ.get("HEALTHBRAIN_DEMO_ACCOUNTS", "")

pytestmark = pytest.mark.skipif(
    not (URL and ACCOUNTS), reason="HEALTHBRAIN_GUARDED_URL and HEALTHBRAIN_DEMO_ACCOUNTS name no guarded server"
)

PAGES = {
    None: ("/sign-in", "/sign-in?next=%2Faccount", "/sign-in?done=out"),
    "resident": ("/my", "/my/accesses", "/my/accesses?own=1", "/account", "/account/password",
                 "/account/second-factor", "/sign-out", "/no/such/page", "/residents"),
    "clinician": ("/residents", "/residents?q=zzz", "/emergency", "/residents/nobody"),
    "epidemiologist": ("/",),
    "manager": ("/", "/account"),
    "operator": ("/operator/accounts", "/operator/accounts/new", "/operator/audit"),
}
CASES = [(face, path) for face, paths in PAGES.items() for path in paths]
WAYS = {
    "normal": {},
    "large": {"size": "large"},
    "dark": {"dark": True},
    "phone": {"width": 320},
    "large phone": {"width": 320, "size": "large"},
}


def password(face):
    entries = json.loads(pathlib.Path(ACCOUNTS).read_text(encoding="utf-8"))
    return next(entry["password"] for entry in entries if entry["login"] == face)


def cookie(browser, name, value):
    browser.driver.execute_cdp_cmd("Network.setCookie", {"name": name, "value": value, "url": URL})


def sign_in(browser, face):
    browser.driver.delete_all_cookies()
    cookie(browser, "hb_type", "normal")
    browser.driver.get(URL + "/sign-in")
    browser.driver.find_element(By.ID, "login").send_keys(face)
    browser.driver.find_element(By.ID, "password").send_keys(password(face), Keys.ENTER)
    wait(browser, lambda: "/sign-in" not in browser.driver.current_url)
    return browser.driver.get_cookie("healthbrain_session")["value"]


@pytest.fixture(scope="session")
def sessions(browser):
    """The token of a session of each face."""
    return {face: sign_in(browser, face) for face in PAGES if face}


def show(browser, sessions, face, path, language="zh", size="normal", width=1280, dark=False):
    browser.window(width, 900)
    if dark:
        browser.media(prefers_color_scheme="dark")
    browser.driver.delete_all_cookies()
    for name, value in (("hb_lang", language), ("hb_type", size), ("healthbrain_session", sessions.get(face))):
        if value:
            cookie(browser, name, value)
    browser.driver.get(URL + path)


@pytest.mark.parametrize("language", ("zh", "en"))
@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("face, path", CASES)
def test_axe_finds_no_violation(browser, sessions, face, path, way, language):
    show(browser, sessions, face, path, language, **{"size": "normal", **WAYS[way]})
    assert browser.violations() == []


@pytest.mark.parametrize("language", ("zh", "en"))
@pytest.mark.parametrize("size", ("normal", "large"))
@pytest.mark.parametrize("face, path", CASES)
def test_a_phone_of_320_px_never_scrolls_sideways(browser, sessions, face, path, size, language):
    show(browser, sessions, face, path, language, size, width=320)
    assert browser.js("return document.documentElement.scrollWidth") <= 320


@pytest.mark.parametrize("size, least", (("normal", 44), ("large", 60)))
@pytest.mark.parametrize("face, path", CASES)
def test_targets_are_large_enough(browser, sessions, face, path, size, least):
    show(browser, sessions, face, path, size=size, width=375)
    small = browser.js(
        """
        const least = arguments[0];
        const target = e => e.matches("input[type=radio], input[type=checkbox]") ? e.parentElement : e;
        return [...document.querySelectorAll("main a, nav a, header a, button, input, select, textarea, summary")]
            .filter(e => e.getClientRects().length && !e.closest(".skip, .tree, .visually-hidden"))
            .map(e => [e.outerHTML.slice(0, 90), target(e).getBoundingClientRect()])
            .filter(([, box]) => box.height < least - 0.5 || box.width < least - 0.5)
            .map(([html, box]) => `${html} ${box.width}x${box.height}`)
        """,
        least,
    )
    assert small == []


@pytest.mark.parametrize("face, path", CASES)
def test_a_page_is_whole_in_both_languages(browser, sessions, face, path):
    for language, tag in (("zh", "zh-CN"), ("en", "en")):
        show(browser, sessions, face, path, language)
        assert browser.js("return document.documentElement.lang") == tag
        assert "⟦" not in browser.driver.page_source
        assert len(browser.driver.find_elements(By.CSS_SELECTOR, "h1")) == 1


def test_nothing_is_blocked_by_the_policy(browser, sessions):
    browser.driver.get_log("browser")
    for face, path in CASES:
        if path not in ("/no/such/page", "/residents/nobody") and (face, path) != ("resident", "/residents"):
            show(browser, sessions, face, path)
    complaints = [line["message"] for line in browser.driver.get_log("browser") if "favicon" not in line["message"]]
    assert complaints == []


def test_signing_in_and_out_by_keyboard(browser):
    browser.driver.delete_all_cookies()
    cookie(browser, "hb_type", "normal")
    browser.driver.get(URL + "/my/accesses")
    wait(browser, lambda: "/sign-in" in browser.driver.current_url)
    tab_to(browser, lambda e: e.get_attribute("id") == "login").send_keys("resident")
    tab_to(browser, lambda e: e.get_attribute("id") == "password").send_keys(password("resident"), Keys.ENTER)
    wait(browser, lambda: browser.driver.current_url.endswith("/my/accesses"))
    tab_to(browser, lambda e: e.tag_name == "button")
    press(browser, Keys.ENTER)
    wait(browser, lambda: "done=out" in browser.driver.current_url)
    assert browser.driver.get_cookie("healthbrain_session") is None


def test_what_was_wrong_is_said_and_has_the_focus(browser):
    browser.driver.delete_all_cookies()
    browser.driver.get(URL + "/sign-in")
    browser.driver.find_element(By.ID, "login").send_keys("somebody-else")
    browser.driver.find_element(By.ID, "password").send_keys("wrong password", Keys.ENTER)
    wait(browser, lambda: browser.driver.find_elements(By.CSS_SELECTOR, "[role=alert]"))
    assert focused(browser).get_attribute("role") == "alert"
    assert browser.driver.find_element(By.ID, "login").get_attribute("value") == "somebody-else"
    assert browser.violations() == []


def test_signing_in_works_with_script_off(plain_browser):
    sign_in(plain_browser, "clinician")
    assert plain_browser.driver.current_url.endswith("/residents")
    plain_browser.driver.find_element(By.CSS_SELECTOR, ".person-bar button").click()
    wait(plain_browser, lambda: "done=out" in plain_browser.driver.current_url)


def test_a_new_password_is_judged_while_it_is_typed(browser, sessions):
    show(browser, sessions, "resident", "/account/password")
    field = browser.driver.find_element(By.ID, "new")
    field.send_keys("12345678")
    wait(browser, lambda: browser.driver.find_elements(By.CSS_SELECTOR, "#new-live.act"))
    field.clear()
    field.send_keys("kelp-Orbit 47 violin/Harbour")
    wait(browser, lambda: browser.driver.find_elements(By.CSS_SELECTOR, "#new-live.good"))
    browser.driver.find_element(By.ID, "new-reveal").click()
    assert field.get_attribute("type") == "text"


def test_a_picture_of_the_key_is_drawn_at_the_server(browser, sessions):
    show(browser, sessions, "manager", "/account/second-factor")
    browser.driver.find_element(By.CSS_SELECTOR, "main form button").click()
    picture = wait(browser, lambda: browser.driver.find_element(By.CSS_SELECTOR, "svg.qr"))
    assert picture.rect["width"] >= 200
    assert browser.driver.find_element(By.CSS_SELECTOR, ".secret code").text
    assert browser.violations() == []


def test_the_residents_page_says_who_looked(browser, plain_browser, sessions):
    resident = None
    show(browser, sessions, "resident", "/my")
    resident = browser.driver.current_url.rsplit("/", 1)[1]
    show(browser, sessions, "clinician", f"/residents/{resident}")
    assert browser.driver.find_elements(By.CSS_SELECTOR, ".who")

    def shown():
        show(browser, sessions, "resident", "/my/accesses")
        return browser.driver.find_elements(By.CSS_SELECTOR, ".accesses li")

    wait(browser, shown)
    assert browser.driver.find_elements(By.CSS_SELECTOR, 'a[href*="/my/accesses/objection"]')
    assert browser.violations() == []
