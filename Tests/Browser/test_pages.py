"""Every page, in both languages, in every way that people look at it."""

import urllib.error
import urllib.request

import pytest
from selenium.webdriver.common.by import By

from conftest import BASE

PAGES = ("city", "residents", "search", "resident", "source", "missing")
WAYS = {
    "normal": {},
    "large": {"size": "large"},
    "dark": {"dark": True},
    "phone": {"width": 320},
    "large phone": {"width": 320, "size": "large"},
    "wall": {"width": 3840, "dark": True},
}


def path_of(page, resident):
    return {
        "city": "/",
        "residents": "/residents",
        "search": "/residents?q=%E7%8E%8B",
        "resident": f"/residents/{resident.id}",
        "source": f"/records/Patient/{resident.id}",
        "missing": "/no/such/page",
    }[page]


def show(browser, page, resident, language, way):
    browser.window(way.get("width", 1280), 900)
    if way.get("dark"):
        browser.media(prefers_color_scheme="dark")
    browser.open(path_of(page, resident), language=language, size=way.get("size"))


@pytest.mark.parametrize("language", ("zh", "en"))
@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("page", PAGES)
def test_axe_finds_no_violation(browser, resident, page, way, language):
    show(browser, page, resident, language, WAYS[way])
    assert browser.violations() == []


@pytest.mark.parametrize("language", ("zh", "en"))
@pytest.mark.parametrize("size", ("normal", "large"))
@pytest.mark.parametrize("page", PAGES)
def test_a_phone_of_320_px_never_scrolls_sideways(browser, resident, page, size, language):
    show(browser, page, resident, language, {"width": 320, "size": size})
    assert browser.js("return document.documentElement.scrollWidth") <= 320


@pytest.mark.parametrize("page", PAGES)
@pytest.mark.parametrize("size, least", (("normal", 44), ("large", 60)))
def test_targets_are_large_enough(browser, resident, page, size, least):
    show(browser, page, resident, "zh", {"width": 375, "size": size})
    small = browser.js(
        """
        const least = arguments[0];
        return [...document.querySelectorAll("main a, nav a, header a, button, input, select, summary")]
            .filter(e => e.getClientRects().length && !e.classList.contains("skip") && !e.closest(".tree"))
            .map(e => [e.outerHTML.slice(0, 90), e.getBoundingClientRect()])
            .filter(([, box]) => box.height < least - 0.5 || box.width < least - 0.5)
            .map(([html, box]) => `${html} ${box.width}x${box.height}`)
        """,
        least,
    )
    assert small == []


@pytest.mark.parametrize("size, body, line", (("normal", 16, 1.6), ("large", 20, 1.5)))
def test_body_type_is_as_designed(browser, size, body, line):
    browser.open("/", size=size)
    style = "return parseFloat(getComputedStyle(document.querySelector('main p.quiet, main dd, main p')).%s)"
    assert browser.js("return parseFloat(getComputedStyle(document.body).fontSize)") == body
    assert browser.js("return parseFloat(getComputedStyle(document.body).lineHeight)") >= body * line - 0.1
    assert browser.js(style % "fontSize") >= 14


def test_dark_and_light_differ(browser):
    background = "return getComputedStyle(document.documentElement).backgroundColor"
    browser.open("/")
    light = browser.js(background)
    browser.media(prefers_color_scheme="dark")
    assert light == "rgb(251, 250, 246)"
    assert browser.js(background) != light


def test_print_is_black_on_white_with_date_and_source(browser):
    browser.open("/")
    browser.media(media="print")
    assert browser.js("return getComputedStyle(document.documentElement).backgroundColor") == "rgb(255, 255, 255)"
    assert browser.js("return getComputedStyle(document.documentElement).color") == "rgb(0, 0, 0)"
    assert not browser.driver.find_element(By.CSS_SELECTOR, ".rail").is_displayed()
    assert browser.driver.find_element(By.CSS_SELECTOR, ".source").is_displayed()


@pytest.mark.parametrize("language, tag", (("zh", "zh-CN"), ("en", "en")))
@pytest.mark.parametrize("page", PAGES)
def test_a_page_is_whole_in_its_language(browser, resident, page, language, tag):
    browser.open(path_of(page, resident), language=language)
    assert browser.js("return document.documentElement.lang") == tag
    assert "⟦" not in browser.driver.page_source
    assert len(browser.driver.find_elements(By.CSS_SELECTOR, "h1")) == 1
    for landmark in ("header", "main", "footer", "nav"):
        assert browser.driver.find_elements(By.TAG_NAME, landmark)


def test_nothing_is_asked_of_anyone_else_and_nothing_is_blocked(browser, resident):
    browser.driver.get_log("browser")
    for page in PAGES[:-1]:
        browser.open(path_of(page, resident))
        hosts = browser.js("return performance.getEntriesByType('resource').map(e => new URL(e.name).origin)")
        assert set(hosts) <= {BASE}
    complaints = [line["message"] for line in browser.driver.get_log("browser") if "favicon" not in line["message"]]
    assert complaints == []


def test_the_first_page_is_under_100_kb(browser):
    browser.open("/")
    sizes = browser.js(
        "return [...performance.getEntriesByType('navigation'), ...performance.getEntriesByType('resource')]"
        ".filter(e => !e.name.includes('echarts') && !e.name.includes('/live/')).map(e => [e.name, e.transferSize])"
    )
    assert sum(size for _, size in sizes) < 100_000, sizes


def test_strict_headers():
    with urllib.request.urlopen(BASE + "/", timeout=10) as answer:
        policy = answer.headers["Content-Security-Policy"]
        assert "default-src 'none'" in policy and "unsafe" not in policy
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert answer.headers["Referrer-Policy"] == "no-referrer"
    with pytest.raises(urllib.error.HTTPError) as refused:
        urllib.request.urlopen(BASE + "/no/such/page", timeout=10)
    assert refused.value.code == 404
