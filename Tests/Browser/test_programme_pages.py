"""The pages of programmes: the family doctor's day, a task, a person, the resident's own page, the manager's funnels.

The city is served by the tests themselves with the programmes that come with the house.
"""

import tempfile
import time
import urllib.parse

import pytest
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys

from conftest import GuardedCity
from test_guarded_pages import SMALL_TARGETS, Visitors, sideways, whole
from test_walks import focused, tab_to, wait

PAGES = {
    "family-doctor": ("/today", "/today?show=team", "/today?kind=invitation", "/today?programme=nothing", "/today/load",
                      "/tasks/{task}", "/residents/{person}/care"),
    "resident": ("/my/programmes", "/my/programmes?patient={child}"),
    "manager": ("/programmes", "/programmes/hypertension", "/programmes/elder-health?area=330106"),
}
CASES = [(face, path) for face, paths in PAGES.items() for path in paths]


class ProgrammeVisitors(Visitors):
    """Sessions in a city whose programmes have been looked at once, and a task of the family doctor's."""

    def __init__(self, house, browser):
        super().__init__(house, browser)
        deadline = time.monotonic() + 120
        while True:
            tasks = house.fhir(
                "Task", **{"status": "requested,in-progress", "_count": 200,
                           "code": "https://healthbrain.dev/fhir/CodeSystem/pathway-action|family-doctor-contract.invited"})
            if tasks.get("entry"):
                break
            assert time.monotonic() < deadline, "the programmes have looked at the city"
            time.sleep(1)
        # Until the lists have it, too.
        while True:
            driver = self.show("family-doctor", "/today")
            links = driver.find_elements(By.CSS_SELECTOR, '.work h3 a[href^="/tasks/"]')
            if links:
                break
            assert time.monotonic() < deadline, driver.find_element(By.TAG_NAME, "main").text
            time.sleep(1)
        self.places["task"] = links[0].get_attribute("href").rsplit("/", 1)[1]
        self.places["person"] = driver.find_element(
            By.CSS_SELECTOR, '.work a[href$="/care"]').get_attribute("href").split("/")[-2]


@pytest.fixture(scope="module")
def city(browser):
    with tempfile.TemporaryDirectory() as folder:
        house = GuardedCity(folder, "--programmes", "shipped", "--living", "0")
        try:
            yield ProgrammeVisitors(house, browser)
        finally:
            house.stop()


def identity(value):
    return value


@pytest.mark.parametrize("face, path", CASES, ids=identity)
def test_a_page_in_chinese(city, browser, face, path):
    """Whole, without a violation at a desk, in the dark, and in large type on a phone; with targets to be hit."""
    city.show(face, path)
    found = {"whole": whole(browser, "zh-CN"), "axe": browser.violations()}
    browser.media(prefers_color_scheme="dark")
    found["axe in the dark"] = browser.violations("color-contrast")
    browser.media()
    found["sideways"] = sideways(browser)
    browser.window(375, 900)
    found["targets"] = browser.js(SMALL_TARGETS, 44)
    city.show(face, path, size="large")
    found["targets in large type"] = browser.js(SMALL_TARGETS, 60)
    found["sideways in large type"] = sideways(browser, 375)
    assert {what: faults for what, faults in found.items() if faults} == {}


@pytest.mark.parametrize("face, path", CASES, ids=identity)
def test_a_page_in_english(city, browser, face, path):
    city.show(face, path, language="en")
    assert {"whole": whole(browser, "en"), "axe": browser.violations()} == {"whole": [], "axe": []}


def test_the_doctor_begins_with_the_day_and_puts_a_task_off_without_script(city, plain_browser):
    driver = city.show("family-doctor", "/", browser=plain_browser)
    assert urllib.parse.urlsplit(driver.current_url).path == "/today"
    driver = city.show("family-doctor", "/tasks/{task}", browser=plain_browser)
    form = driver.find_element(By.CSS_SELECTOR, 'input[name="action"][value="defer"]').find_element(By.XPATH, "..")
    form.find_element(By.XPATH, "..").find_element(By.TAG_NAME, "summary").click()
    form.find_element(By.TAG_NAME, "button").click()
    wait(plain_browser, lambda: driver.find_elements(By.CSS_SELECTOR, '[role="alert"]'))
    assert "请写明原因" in driver.find_element(By.CSS_SELECTOR, '[role="alert"]').text
    field = driver.find_element(By.ID, "reason-defer")
    field.send_keys("居民外出")
    field.find_element(By.XPATH, "ancestor::form").find_element(By.TAG_NAME, "button").click()
    wait(plain_browser, lambda: "done=defer" in driver.current_url)
    assert "已推迟" in driver.find_element(By.TAG_NAME, "main").text
    driver.find_element(By.XPATH, "//button[text()='取消推迟']").click()
    wait(plain_browser, lambda: "done=resume" in driver.current_url)


def test_a_task_is_opened_by_keyboard(city, browser):
    driver = city.show("family-doctor", "/today")
    tab_to(browser, lambda element: (element.get_attribute("href") or "").startswith(city.house.url + "/tasks/"))
    focused(browser).send_keys(Keys.ENTER)
    wait(browser, lambda: "/tasks/" in driver.current_url)
    assert "为什么" in driver.find_element(By.TAG_NAME, "main").text


def test_a_resident_answers_an_invitation_on_a_phone(city, plain_browser):
    plain_browser.window(390, 900)
    driver = city.show("resident", "/my/programmes", size="large", browser=plain_browser)
    buttons = driver.find_elements(By.CSS_SELECTOR, 'button[value="accept"]')
    if not buttons:
        pytest.skip("the resident of this city isn't invited")
    buttons[0].click()
    wait(plain_browser, lambda: "done=accept" in driver.current_url)
    assert "您已参加" in driver.find_element(By.TAG_NAME, "main").text


def test_many_are_invited_and_taken_back(city, plain_browser):
    driver = city.show("family-doctor", "/today?kind=invitation", browser=plain_browser)
    summary = driver.find_elements(By.XPATH, "//summary[text()='批量处理']")
    if not summary:
        pytest.skip("nobody of this centre is to be invited")
    summary[0].click()
    driver.find_element(By.CSS_SELECTOR, 'button[value="invite-all"]').click()
    wait(plain_browser, lambda: "/bulk/" in driver.current_url)
    # The page reads itself anew while the work goes on: what it says is taken in one piece.
    wait(plain_browser, lambda: "办完了" in driver.page_source, 30)
    driver.find_element(By.CSS_SELECTOR, 'button[value="undo"]').click()
    wait(plain_browser, lambda: '<p role="status">已收回' in driver.page_source, 30)


def test_a_manager_sees_numbers_and_no_person(city, browser):
    driver = city.show("manager", "/programmes")
    driver.find_element(By.CSS_SELECTOR, 'tbody a[href^="/programmes/"]').click()
    wait(browser, lambda: "/programmes/" in driver.current_url)
    assert driver.find_elements(By.CSS_SELECTOR, ".funnel li")
    assert not driver.find_elements(By.CSS_SELECTOR, 'main a[href^="/residents/"]')
    driver = city.show("manager", "/today")
    assert "今日工作" not in driver.find_element(By.TAG_NAME, "main").text
