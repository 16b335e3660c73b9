"""Tasks that people come for, walked to the end."""

import time

import pytest
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.support.ui import WebDriverWait

from conftest import BASE


def focused(browser):
    return browser.driver.switch_to.active_element


def press(browser, *keys):
    for key in keys:
        focused(browser).send_keys(key)


def tab_to(browser, wanted, most=60):
    """Presses Tab until the focus stands where it is wanted; every stop on the way shows its focus."""
    for _ in range(most):
        press(browser, Keys.TAB)
        element = focused(browser)
        outline = browser.js("return getComputedStyle(arguments[0]).outlineStyle", element)
        assert outline != "none", element.get_attribute("outerHTML")[:120]
        if wanted(element):
            return element
    raise AssertionError("the keyboard never got there")


def wait(browser, condition, seconds=10):
    return WebDriverWait(browser.driver, seconds).until(lambda _: condition())


def names(browser):
    return [element.text for element in browser.driver.find_elements(By.CSS_SELECTOR, ".person-name")]


def search(browser, text):
    browser.open("/residents")
    field = browser.driver.find_element(By.ID, "q")
    field.send_keys(text)
    field.send_keys(Keys.ENTER)
    wait(browser, lambda: "q=" in browser.driver.current_url)


@pytest.mark.parametrize("what", ("name", "id_number", "phone"))
def test_search_finds_a_resident(browser, resident, what):
    search(browser, getattr(resident, what))
    hrefs = [link.get_attribute("href") for link in browser.driver.find_elements(By.CSS_SELECTOR, ".people a")]
    assert any(href.endswith(f"/residents/{resident.id}") for href in hrefs)
    assert browser.driver.find_element(By.ID, "q").get_attribute("value") == getattr(resident, what)
    listed = browser.driver.find_element(By.CSS_SELECTOR, ".people").text
    assert resident.id_number not in listed and resident.phone not in listed


@pytest.mark.parametrize("what", ("name", "id_number", "phone"))
def test_search_works_with_script_off(plain_browser, resident, what):
    search(plain_browser, getattr(resident, what))
    assert resident.name in names(plain_browser)


def test_searching_for_nobody_says_what_to_try(browser):
    search(browser, "没有这个人")
    assert "没有这个人" in browser.driver.find_element(By.CSS_SELECTOR, ".answer").text
    assert browser.driver.find_element(By.CSS_SELECTOR, ".notice").text


def test_paging_shows_other_residents_and_comes_back(browser):
    browser.open("/residents")
    first = names(browser)
    browser.driver.find_element(By.CSS_SELECTOR, "a[rel=next]").click()
    wait(browser, lambda: "after=" in browser.driver.current_url)
    ids = lambda: {e.get_attribute("href") for e in browser.driver.find_elements(By.CSS_SELECTOR, ".people a")}
    second = ids()
    browser.driver.find_element(By.CSS_SELECTOR, ".pager a").click()
    wait(browser, lambda: "after=" not in browser.driver.current_url)
    assert names(browser) == first
    assert not ids() & second


def test_the_city_is_walked_by_keyboard(browser):
    browser.open("/", language="zh", size="normal")
    press(browser, Keys.TAB)
    assert focused(browser).get_attribute("class") == "skip"
    assert focused(browser).location["y"] >= 0
    press(browser, Keys.ENTER)
    assert focused(browser).get_attribute("id") == "main"
    tab_to(browser, lambda e: e.get_attribute("id") == "days")
    press(browser, Keys.HOME)
    tab_to(browser, lambda e: e.tag_name == "button")
    press(browser, Keys.ENTER)
    wait(browser, lambda: "days=14" in browser.driver.current_url)
    assert len(browser.driver.find_elements(By.CSS_SELECTOR, "#visits-data tbody tr")) == 14
    link = tab_to(browser, lambda e: e.get_attribute("data-code"))
    name = link.text
    press(browser, Keys.ENTER)
    wait(browser, lambda: "district=" in browser.driver.current_url)
    assert name in browser.driver.find_element(By.TAG_NAME, "h1").text


def test_a_resident_is_reached_and_read_by_keyboard(browser, resident):
    browser.open("/", language="zh", size="normal")
    tab_to(browser, lambda e: (e.get_attribute("href") or "").endswith("/residents"))
    press(browser, Keys.ENTER)
    wait(browser, lambda: browser.driver.current_url.endswith("/residents"))
    tab_to(browser, lambda e: e.get_attribute("id") == "q").send_keys(resident.id_number, Keys.ENTER)
    wait(browser, lambda: "q=" in browser.driver.current_url)
    tab_to(browser, lambda e: resident.id in (e.get_attribute("href") or ""))
    press(browser, Keys.ENTER)
    wait(browser, lambda: browser.driver.current_url.endswith(resident.id))
    assert browser.driver.find_element(By.TAG_NAME, "h1").text == resident.name
    tab_to(browser, lambda e: "kind=visit" in (e.get_attribute("href") or ""))
    press(browser, Keys.ENTER)
    wait(browser, lambda: "kind=visit" in browser.driver.current_url)
    tab_to(browser, lambda e: "/records/Encounter/" in (e.get_attribute("href") or ""))
    press(browser, Keys.ENTER)
    wait(browser, lambda: "/records/Encounter/" in browser.driver.current_url)
    assert browser.driver.find_elements(By.CSS_SELECTOR, ".tree dt")


def test_who_stays_in_view_on_a_residents_page(browser, resident):
    browser.open(f"/residents/{resident.id}", size="normal")
    browser.js("window.scrollTo(0, document.documentElement.scrollHeight)")
    box = browser.js("const b = document.querySelector('.who').getBoundingClientRect(); return [b.top, b.bottom]")
    assert 0 <= box[0] < 10 and box[1] < 300


def test_pages_are_whole_with_script_off(plain_browser, resident):
    plain_browser.open("/", language="zh")
    page = plain_browser.driver
    assert any(chart.is_displayed() for chart in page.find_elements(By.CSS_SELECTOR, ".still-chart svg"))
    assert page.find_element(By.CSS_SELECTOR, "svg.map").is_displayed()
    assert page.find_elements(By.CSS_SELECTOR, "tr[data-projection]")
    page.find_element(By.CSS_SELECTOR, "details summary").click()
    assert page.find_element(By.ID, "visits-data").is_displayed()
    plain_browser.open(f"/residents/{resident.id}", language="en")
    assert page.find_elements(By.CSS_SELECTOR, ".visits > li")
    assert page.find_elements(By.CSS_SELECTOR, ".multiples svg")


def test_large_type_is_offered_once_and_kept(browser):
    browser.open("/")
    browser.driver.find_element(By.CSS_SELECTOR, ".offer a.button").click()
    wait(browser, lambda: "large" in (browser.driver.find_element(By.TAG_NAME, "html").get_attribute("class") or ""))
    browser.driver.get(BASE + "/residents")
    assert "large" in browser.driver.find_element(By.TAG_NAME, "html").get_attribute("class")
    assert not browser.driver.find_elements(By.CSS_SELECTOR, ".offer")


def test_the_language_switch_stays_on_the_page(browser, resident):
    browser.open(f"/residents/{resident.id}?kind=visit", language="zh")
    browser.driver.find_element(By.CSS_SELECTOR, ".choices a[hreflang=en]").click()
    wait(browser, lambda: browser.js("return document.documentElement.lang") == "en")
    assert "kind=visit" in browser.driver.current_url
    browser.driver.get(BASE + "/")
    assert browser.js("return document.documentElement.lang") == "en"


def test_the_feed_is_live(browser):
    browser.open("/", language="zh")
    stream = browser.driver.execute_async_script(
        """
        const done = arguments[arguments.length - 1];
        const source = new EventSource("/live/pulse?lang=zh");
        source.addEventListener("pulse", event => { source.close(); done(event.data); });
        setTimeout(() => done("nothing came"), 8000);
        """
    )
    assert '"rows"' in stream and "timeline" in stream


def test_the_chart_answers_to_the_pointer_when_the_library_is_there(browser):
    browser.open("/", size="normal")
    if not browser.js("return document.querySelector('script[data-charts]')"):
        pytest.skip("echarts.min.js is not installed")
    browser.js("document.querySelector('[data-live-chart]').scrollIntoView()")
    wait(browser, lambda: browser.driver.find_elements(By.CSS_SELECTOR, ".has-live-chart canvas"))
    assert browser.js("return document.querySelector('.live-chart').getAttribute('aria-label')")
    time.sleep(0.3)
    assert browser.violations() == []
