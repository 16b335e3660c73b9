"""Forms taken along: filled without a network, sent once when there is one again.

Between the browser and the server stands a wire that the tests cut, or that loses what the server replies.
"""

import json
import pathlib
import socket
import tempfile
import threading
import urllib.parse
import urllib.request

import pytest
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys

from conftest import Browser, GuardedCity
from test_guarded_pages import SMALL_TARGETS, sideways, whole
from test_programme_pages import ProgrammeVisitors
from test_walks import focused, press, tab_to, wait

CALCULATED = "http://hl7.org/fhir/uv/sdc/StructureDefinition/sdc-questionnaire-calculatedExpression"
LEVELS = [{"valueCoding": {"system": "https://example.org/level", "code": code, "display": code}} for code in "ABC"]
QUESTIONNAIRE = {
    "resourceType": "Questionnaire", "id": "village", "url": "https://example.org/Questionnaire/village", "version": "1",
    "status": "active", "title": "入户随访", "subjectType": ["Patient"],
    "item": [
        {"linkId": "about", "type": "display", "text": "请当面问。"},
        {"linkId": "smokes", "type": "boolean", "text": "吸烟吗", "required": True},
        {"linkId": "daily", "type": "integer", "text": "每天几支", "required": True,
         "enableWhen": [{"question": "smokes", "operator": "=", "answerBoolean": True}]},
        {"linkId": "weekly", "type": "integer", "text": "每周几支", "readOnly": True, "extension": [
            {"url": CALCULATED, "valueExpression": {
                "language": "text/fhirpath", "expression": "%resource.item.where(linkId='daily').answer.value * 7"}}]},
        {"linkId": "advice", "type": "string", "text": "劝戒的话",
         "enableWhen": [{"question": "weekly", "operator": ">", "answerInteger": 100}]},
        {"linkId": "level", "type": "choice", "text": "分级", "answerOption": LEVELS},
        {"linkId": "why", "type": "text", "text": "为什么是丙级", "enableWhen": [
            {"question": "level", "operator": "=", "answerCoding": {"system": "https://example.org/level", "code": "C"}}]},
        {"linkId": "signs", "type": "open-choice", "text": "体征", "repeats": True, "answerOption": LEVELS},
        {"linkId": "weight", "type": "decimal", "text": "体重"},
        {"linkId": "waist", "type": "quantity", "text": "腰围"},
        {"linkId": "day", "type": "date", "text": "哪天"},
        {"linkId": "moment", "type": "dateTime", "text": "什么时候"},
        {"linkId": "clock", "type": "time", "text": "几点"},
        {"linkId": "link", "type": "url", "text": "网址"},
        {"linkId": "phones", "type": "string", "text": "电话", "repeats": True},
        {"linkId": "drugs", "type": "group", "text": "用药", "repeats": True, "item": [
            {"linkId": "drug", "type": "string", "text": "药名"},
            {"linkId": "missed", "type": "boolean", "text": "漏服"},
            {"linkId": "reason", "type": "string", "text": "漏服原因",
             "enableWhen": [{"question": "missed", "operator": "=", "answerBoolean": True}]}]},
    ],
}


class Wire:
    """A port before the server: open, cut, or losing the replies to what is sent to forms."""

    def __init__(self, url):
        self.target = urllib.parse.urlsplit(url)
        self.is_cut, self.loses = False, False
        self.open = set()
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.url = "http://127.0.0.1:%d" % self.listener.getsockname()[1]
        threading.Thread(target=self.run, daemon=True).start()

    def run(self):
        while True:
            try:
                client, _ = self.listener.accept()
            except OSError:
                return
            if self.is_cut:
                client.close()
                continue
            server = socket.create_connection((self.target.hostname, self.target.port))
            pair = (client, server)
            self.open.add(pair)
            state = {"lost": False}
            threading.Thread(target=self.pump, args=(client, server, pair, state, True), daemon=True).start()
            threading.Thread(target=self.pump, args=(server, client, pair, state, False), daemon=True).start()

    def pump(self, source, sink, pair, state, is_request):
        try:
            while data := source.recv(65536):
                if is_request and self.loses and data.startswith(b"POST /forms/"):
                    state["lost"] = True
                if not is_request and state["lost"]:
                    break
                sink.sendall(data)
        except OSError:
            pass
        self.end(pair)

    def end(self, pair):
        self.open.discard(pair)
        for one in pair:
            try:
                one.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass
            one.close()

    def cut(self):
        self.is_cut = True
        for pair in list(self.open):
            self.end(pair)

    def mend(self):
        self.is_cut = self.loses = False


class Village:
    """A doctor's phone with its own browser, before the wire."""

    def __init__(self, city):
        self.city, self.house = city, city.house
        self.wire = Wire(self.house.url)
        self.person = city.places["person"]
        self.form = f"/forms/village?patient={self.person}"
        self.put(QUESTIONNAIRE)
        self.browser = Browser()
        self.browser.window(390, 844)
        self.driver = self.browser.driver

    def put(self, resource):
        token = pathlib.Path(self.house.folder, "house.token").read_text().strip()
        request = urllib.request.Request(
            f"{self.house.url}/fhir/{resource['resourceType']}/{resource['id']}", method="PUT",
            data=json.dumps(resource).encode(),
            headers={"Authorization": f"Bearer {token}", "Content-Type": "application/fhir+json"})
        with urllib.request.urlopen(request, timeout=30) as answer:
            return json.load(answer)

    def responses(self):
        found = self.house.fhir("QuestionnaireResponse", subject=f"Patient/{self.person}", _count=100)
        return [one["resource"] for one in found.get("entry", [])
                if one["resource"]["questionnaire"].startswith(QUESTIONNAIRE["url"])]

    def answers(self, response, link):
        found = []

        def look(items):
            for item in items:
                if item["linkId"] == link:
                    found.extend(next(iter({k: v for k, v in one.items() if k != "item"}.values())) for one in item.get("answer", []))
                look(item.get("item", []))
        look(response["item"])
        return found

    def go(self, path):
        self.driver.get(self.wire.url + path)

    def sign_in(self, language="zh", following="/account"):
        for name, value in (("hb_type", "normal"), ("hb_lang", language)):
            self.driver.execute_cdp_cmd("Network.setCookie", {"name": name, "value": value, "url": self.wire.url})
        self.go("/sign-in?next=" + urllib.parse.quote(following, safe=""))
        self.driver.find_element(By.ID, "login").send_keys("family-doctor")
        self.driver.find_element(By.ID, "password").send_keys(
            self.house.accounts["family-doctor"]["password"], Keys.ENTER)
        wait(self.browser, lambda: "/sign-in" not in self.driver.current_url)

    def take(self, path):
        """From the form's page onto the device."""
        self.go(path)
        self.driver.find_element(By.CSS_SELECTOR, 'form[action="/offline"] button').click()
        wait(self.browser, lambda: self.part("take-go").is_displayed())
        self.part("take-go").click()
        self.states()

    def part(self, name):
        return self.driver.find_element(By.CSS_SELECTOR, f'[data-part="{name}"]')

    def states(self, wanted=None):
        """What the list says of each form, once it says it."""
        read = "return document.querySelector('[data-offline]')?.dataset.ready ?? ''"
        wait(self.browser, lambda: "take=" not in self.driver.current_url and self.driver.execute_script(read) and (
            wanted is None or self.driver.execute_script(read) == wanted), 30)
        return self.driver.execute_script(read)

    def begin(self):
        self.go("/offline")
        self.states()
        self.driver.find_element(By.CSS_SELECTOR, '.cards a[href^="/offline?form="]').click()
        wait(self.browser, lambda: self.driver.find_elements(By.CSS_SELECTOR, '[data-part="items"] [data-node]'))

    def field(self, label):
        return self.driver.find_element(
            By.XPATH, f"//label[starts-with(normalize-space(), '{label}')]/following::*[self::input or self::textarea][1]")

    def pick(self, legend, text, number=0):
        self.driver.find_elements(
            By.XPATH, f"//fieldset[legend[starts-with(normalize-space(), '{legend}')]]//label[.='{text}']")[number].click()

    def saved(self):
        wait(self.browser, lambda: "已存到本机" in self.part("form-saved").text)

    def finish(self, action="sign"):
        self.driver.find_element(By.CSS_SELECTOR, f'[data-part="buttons"] button[value="{action}"]').click()

    def fill(self, smokes="否"):
        self.begin()
        self.pick("吸烟吗", smokes)
        self.saved()

    def clear(self):
        """Nothing on the device, nobody signed in, nothing answered."""
        self.wire.mend()
        self.driver.get(self.wire.url + "/assets/none")
        self.driver.execute_cdp_cmd("Storage.clearDataForOrigin", {"origin": self.wire.url, "storageTypes": "all"})
        self.driver.delete_all_cookies()


@pytest.fixture(scope="module")
def served():
    browser = Browser()
    with tempfile.TemporaryDirectory() as folder:
        house = GuardedCity(folder, "--programmes", "shipped", "--living", "0")
        village = None
        try:
            village = Village(ProgrammeVisitors(house, browser))
            yield village
        finally:
            if village:
                village.driver.quit()
            browser.driver.quit()
            house.stop()


@pytest.fixture
def village(served):
    served.clear()
    served.before = {one["id"] for one in served.responses()}
    served.sign_in()
    return served


def new(village):
    return [one for one in village.responses() if one["id"] not in village.before]


def test_a_form_is_filled_without_a_network_and_arrives_once_with_its_answers(village):
    village.take(village.form)
    assert "1 份表格" in village.part("answer").text
    village.wire.cut()
    # Any page leads to what was taken along.
    village.go("/today")
    wait(village.browser, lambda: "/offline" in village.driver.current_url)
    village.begin()
    assert "联网同步时计算" in village.part("items").text
    # What follows from what is calculated is marked; what isn't asked for doesn't stand there.
    assert village.field("劝戒的话").is_displayed() and "不一定要填" in village.part("items").text
    assert not village.field("每天几支").is_displayed()
    village.pick("吸烟吗", "是")
    assert village.field("每天几支").is_displayed()
    village.field("每天几支").send_keys("20")
    village.pick("分级", "C")
    village.field("为什么是丙级").send_keys("血压高")
    village.pick("分级", "A")
    assert not village.field("为什么是丙级").is_displayed()
    village.pick("体征", "A")
    village.pick("体征", "B")
    village.field("体重").send_keys("61.50")
    village.field("电话").send_keys("0571-1")
    village.driver.find_element(By.CSS_SELECTOR, 'input[aria-label="电话 2"]').send_keys("0571-2")
    village.field("药名").send_keys("甲")
    village.driver.find_element(By.CSS_SELECTOR, 'button[value^="add:"]').click()
    focused(village.browser).send_keys("乙")
    village.pick("漏服", "是", 1)
    village.driver.find_elements(By.XPATH, "//label[starts-with(., '漏服原因')]/following::input[1]")[1].send_keys("忘了")
    village.saved()
    # The page comes back as it was.
    village.driver.refresh()
    wait(village.browser, lambda: village.driver.find_elements(By.CSS_SELECTOR, 'input[aria-label="电话 3"]'))
    assert village.field("每天几支").get_attribute("value") == "20"
    assert [one.get_attribute("value") for one in village.driver.find_elements(
        By.XPATH, "//label[starts-with(., '药名')]/following::input[1]")] == ["甲", "乙"]
    village.finish()
    village.states("queued")
    assert "没有网络" in village.part("notice").text and not new(village)
    village.wire.mend()
    village.part("send").click()
    village.states("sent")
    found = new(village)
    assert len(found) == 1 and found[0]["status"] == "completed" and found[0]["meta"]["versionId"] == "1"
    got = {link: village.answers(found[0], link) for link in ("daily", "weekly", "weight", "phones", "drug", "reason")}
    assert got == {"daily": [20], "weekly": [140], "weight": [61.5], "phones": ["0571-1", "0571-2"],
                   "drug": ["甲", "乙"], "reason": ["忘了"]}
    assert [one["code"] for one in village.answers(found[0], "signs")] == ["A", "B"]
    assert not any(item["linkId"] == "why" for item in found[0]["item"])


def test_a_reply_that_is_lost_makes_no_second_response(village):
    village.take(village.form)
    village.fill()
    village.wire.loses = True
    village.finish()
    village.states("queued")
    wait(village.browser, lambda: village.part("notice").is_displayed(), 20)
    assert len(new(village)) == 1
    village.wire.mend()
    village.part("send").click()
    village.states("sent")
    assert [one["meta"]["versionId"] for one in new(village)] == ["1"]


def test_a_conflict_is_shown_side_by_side_and_nothing_is_lost(village):
    village.take(village.form)
    village.fill("否")
    village.field("体重").send_keys("60")
    village.finish("save")
    village.states("sent")
    draft = new(village)[0]
    address = f"/forms/responses/{draft['id']}"
    village.take(address)
    village.begin()
    assert village.field("体重").get_attribute("value") == "60"
    village.field("体重").send_keys(Keys.BACKSPACE, "5")
    village.saved()
    # Somebody else writes meanwhile.
    other = {**draft, "item": [
        {**item, "answer": [{"valueDecimal": 77}]} if item["linkId"] == "weight" else item for item in draft["item"]]}
    village.put({key: value for key, value in other.items() if key != "meta"})
    village.finish()
    wait(village.browser, lambda: "conflict" in village.states(), 20)
    village.driver.find_element(By.LINK_TEXT, "比较").click() if village.driver.find_elements(
        By.LINK_TEXT, "比较") else village.driver.find_element(By.PARTIAL_LINK_TEXT, "比较").click()
    wait(village.browser, lambda: village.part("conflict").is_displayed())
    row = [cell.text for cell in village.part("conflict-rows").find_elements(By.CSS_SELECTOR, "th, td")]
    assert row == ["体重", "65", "77"]
    assert village.answers(new(village)[0], "weight") == [77]
    assert sideways(village.browser) == []
    assert village.browser.violations() == []
    village.part("use-mine").click()
    wait(village.browser, lambda: "conflict" not in village.states() and "queued" not in village.states(), 20)
    standing = new(village)[0]
    assert standing["meta"]["versionId"] == "3" and village.answers(standing, "weight") == [65]


def test_what_is_refused_stays_with_its_reason(village):
    village.take(village.form)
    village.begin()
    village.finish()
    assert "吸烟吗：请填写" in village.part("problems").text
    assert focused(village.browser).get_attribute("data-part") == "problems"
    village.pick("吸烟吗", "是")
    village.field("每天几支").send_keys("几支")
    village.finish()
    assert "每天几支：请填数字" in village.part("problems").text
    village.driver.execute_script("arguments[0].value = ''", village.field("每天几支"))
    # What the device can't tell, the platform does.
    village.field("每天几支").send_keys("20")
    village.driver.execute_script("arguments[0].value = 'http://a b'; arguments[0].type = 'text'", village.field("网址"))
    village.finish()
    village.states("refused")
    assert "网址" in village.part("cards").text and not new(village)
    village.begin()
    assert village.field("每天几支").get_attribute("value") == "20"
    village.field("网址").clear()
    village.finish()
    village.states("sent")
    assert len(new(village)) == 1


def test_a_session_that_is_over_is_begun_again_and_sending_goes_on(village):
    village.take(village.form)
    village.fill()
    village.driver.delete_all_cookies()
    village.finish()
    wait(village.browser, lambda: "重新登录" in village.part("notice").text)
    assert village.states() == "queued"
    village.sign_in(following="/offline")
    village.states("sent")
    assert len(new(village)) == 1


def test_signing_out_asks_and_leaves_nothing_on_the_device(village):
    village.take(village.form)
    village.fill()
    village.go("/account")
    village.driver.find_element(By.CSS_SELECTOR, 'form[action="/sign-out"] button').click()
    alert = village.driver.switch_to.alert
    assert "1 份表格没有送达" in alert.text
    alert.dismiss()
    village.go("/offline")
    assert village.states() == "writing"
    village.go("/account")
    village.driver.find_element(By.CSS_SELECTOR, 'form[action="/sign-out"] button').click()
    village.driver.switch_to.alert.accept()
    wait(village.browser, lambda: "/sign-in" in village.driver.current_url)
    left = village.driver.execute_async_script(
        "const done = arguments[arguments.length - 1];"
        "Promise.all([indexedDB.databases(), caches.keys(), navigator.serviceWorker.getRegistrations()])"
        ".then(found => done(found.map(one => one.length)));")
    assert left == [0, 0, 0]
    assert not new(village)


def test_what_is_on_the_device_is_sealed_and_can_be_removed(village):
    village.take(village.form)
    village.fill()
    kept = village.driver.execute_async_script(
        "const done = arguments[arguments.length - 1];"
        "const open = indexedDB.open('healthbrain-offline');"
        "open.onsuccess = () => { const all = open.result.transaction(['forms', 'keys']);"
        "const forms = all.objectStore('forms').getAll(), keys = all.objectStore('keys').getAll();"
        "all.oncomplete = () => { open.result.close();"
        "done([JSON.stringify(forms.result), keys.result[0].extractable]); } };")
    assert kept[1] is False
    assert "入户随访" not in kept[0] and sorted(json.loads(kept[0])[0]) == [
        "account", "expires", "id", "pack", "state", "work"]
    village.go("/offline")
    village.states()
    village.part("clear").click()
    village.driver.switch_to.alert.accept()
    village.states("none")
    village.wire.cut()
    with pytest.raises(Exception, match="ERR_"):
        village.go("/offline")


def test_what_was_not_begun_leaves_when_its_time_is_over_and_answers_stay(village):
    village.take(village.form)
    village.driver.execute_async_script(
        "const done = arguments[arguments.length - 1], open = indexedDB.open('healthbrain-offline');"
        "open.onsuccess = () => { const table = open.result.transaction('forms', 'readwrite').objectStore('forms');"
        "const all = table.getAll(); all.onsuccess = () => { const one = all.result[0]; one.expires = 1; table.put(one);"
        "table.put({...one, id: 'other', state: 'writing'}).onsuccess = () => { open.result.close(); done(); } } }")
    village.go("/offline")
    assert village.states() == "writing"
    assert "尽快发送" in village.part("cards").text


def test_tasks_of_the_day_are_taken_along_by_keyboard(village):
    village.go("/today")
    village.driver.find_element(By.LINK_TEXT, "带上路").send_keys(Keys.ENTER)
    wait(village.browser, lambda: "/take-along" in village.driver.current_url)
    assert "72 小时" in village.driver.find_element(By.TAG_NAME, "main").text
    if not village.driver.find_elements(By.NAME, "take"):
        pytest.skip("no task of this city has a form now")
    tab_to(village.browser, lambda one: one.get_attribute("name") == "take")
    press(village.browser, Keys.SPACE)
    tab_to(village.browser, lambda one: one.text == "带上路…", 200)
    press(village.browser, Keys.ENTER)
    wait(village.browser, lambda: village.part("take-go").is_displayed())
    tab_to(village.browser, lambda one: one.get_attribute("data-part") == "take-go")
    press(village.browser, Keys.ENTER)
    assert village.states() == "taken"


@pytest.mark.parametrize("language, tag", (("zh", "zh-CN"), ("en", "en")))
def test_the_pages_are_whole_on_a_phone(village, language, tag):
    village.sign_in(language)
    village.take(village.form)
    found = {}
    for path in ("/offline", "form", "/take-along"):
        if path == "form":
            village.driver.find_element(By.CSS_SELECTOR, '.cards a[href^="/offline?form="]').click()
            wait(village.browser, lambda: village.driver.find_elements(By.CSS_SELECTOR, '[data-part="items"] [data-node]'))
        else:
            village.go(path)
            if path == "/offline":
                village.states("taken")
        found[path] = [whole(village.browser, tag), village.browser.violations(), sideways(village.browser)]
        village.browser.window(375, 844)
        found[path].append(village.browser.js(SMALL_TARGETS, 44))
    assert {path: faults for path, faults in found.items() if any(faults)} == {}


def test_with_script_off_the_pages_say_so_and_forms_are_filled_as_ever(village, plain_browser):
    city = village.city
    driver = city.show("family-doctor", "/offline", browser=plain_browser)
    assert "需要浏览器允许脚本" in driver.find_element(By.TAG_NAME, "main").text
    driver = city.show("family-doctor", village.form, browser=plain_browser)
    driver.find_element(By.XPATH, "//fieldset[legend[contains(., '吸烟吗')]]//label[.='否']").click()
    driver.find_element(By.CSS_SELECTOR, 'button[value="sign"]').click()
    wait(plain_browser, lambda: "done=signed" in driver.current_url)
    assert len(new(village)) == 1
