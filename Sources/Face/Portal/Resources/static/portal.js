// Pages are whole without this file. It adds live numbers, charts that answer to the pointer, a map that follows
// its table, and the reader's place on going back.
(() => {
  "use strict";
  const root = document.documentElement;
  root.classList.add("script");
  const script = document.currentScript;

  // ---- Live numbers: the feed and its projections ------------------------------------------------------------
  const pulse = document.querySelector("[data-pulse]");
  if (pulse && "EventSource" in window) {
    const set = (element, text, className) => {
      if (!element) return;
      if (className !== undefined) element.className = "state " + className;
      if (element.textContent === text) return;
      element.textContent = text;
      element.classList.remove("changed");
      void element.offsetWidth;
      element.classList.add("changed");
    };
    const source = new EventSource(pulse.dataset.pulse + "?lang=" + (root.lang.startsWith("zh") ? "zh" : "en"));
    source.addEventListener("pulse", (event) => {
      const message = JSON.parse(event.data);
      set(pulse.querySelector("[data-pulse-answer]"), message.answer, message.stateClass);
      const time = pulse.querySelector("[data-pulse-time]");
      if (time) time.textContent = message.time;
      for (const row of message.rows) {
        const line = pulse.querySelector('tr[data-projection="' + CSS.escape(row.name) + '"]');
        if (!line) continue;
        set(line.querySelector('[data-field="state"]'), row.state, row.stateClass);
        for (const field of ["position", "lag", "failures"]) {
          set(line.querySelector('[data-field="' + field + '"]'), row[field]);
        }
      }
    });
    window.addEventListener("pagehide", () => source.close());
  }

  // ---- Live parts: read anew from the page itself when the server tells that something changed ------------------
  const live = document.querySelector("[data-refresh]");
  if (live && "EventSource" in window) {
    let waiting;
    let isFirst = true;
    const refresh = async () => {
      waiting = undefined;
      try {
        const answer = await fetch(location.href);
        if (!answer.ok || answer.redirected) return;
        const page = new DOMParser().parseFromString(await answer.text(), "text/html");
        for (const part of live.querySelectorAll("[data-fresh]")) {
          const fresh = page.querySelector('[data-fresh="' + CSS.escape(part.dataset.fresh) + '"]');
          if (!fresh || fresh.innerHTML === part.innerHTML || part.contains(document.activeElement)) continue;
          const place = part.querySelector(".scroll")?.scrollLeft ?? 0;
          part.replaceChildren(...fresh.childNodes);
          const table = part.querySelector(".scroll");
          if (table) table.scrollLeft = place;
        }
      } catch { /* The next event tries again. */ }
    };
    const events = new EventSource(live.dataset.refresh);
    events.addEventListener("highway", () => {
      if (isFirst) { isFirst = false; return; }
      waiting ??= setTimeout(refresh, 2000);
    });
    window.addEventListener("pagehide", () => events.close());
  }

  // ---- The map follows its table ------------------------------------------------------------------------------
  for (const figure of document.querySelectorAll("[data-follow]")) {
    figure.addEventListener("click", (event) => {
      const shape = event.target.closest("path[data-code]");
      if (!shape) return;
      const link = document.querySelector('a[data-code="' + CSS.escape(shape.dataset.code) + '"]');
      if (link) link.click();
    });
  }

  // ---- Charts: fetched when one comes into view, after the page itself is there --------------------------------
  const token = (name) => getComputedStyle(root).getPropertyValue(name).trim();
  const number = (text) => Number(text.replace(/[^0-9.]/g, ""));
  const draw = (figure) => {
    const table = document.getElementById(figure.dataset.liveChart);
    const place = figure.querySelector(".live-chart");
    const rows = [...table.tBodies[0].rows].reverse();
    const days = rows.map((row) => row.cells[0].dataset.day);
    const daily = rows.map((row) => number(row.cells[1].textContent));
    const mean = rows.map((row) => (/\d/.test(row.cells[2].textContent) ? number(row.cells[2].textContent) : null));
    figure.classList.add("has-live-chart");
    const chart = window.echarts.init(place);
    const size = parseFloat(getComputedStyle(root).fontSize);
    const words = { color: token("--neutral"), fontSize: size * 0.875, fontFamily: getComputedStyle(root).fontFamily };
    const show = () => {
      words.color = token("--neutral");
      chart.setOption({
        animation: false,
        aria: { enabled: true, label: { description: figure.dataset.name } },
        color: [token("--brand"), token("--brand")],
        textStyle: words,
        grid: { left: size * 3.5, right: size, top: size, bottom: size * 3 },
        tooltip: {
          trigger: "axis", renderMode: "richText", confine: true,
          backgroundColor: token("--surface"), borderColor: token("--line"),
          textStyle: { color: token("--ink"), fontSize: size * 0.875, fontFamily: words.fontFamily },
          valueFormatter: (value) => (value === null || value === undefined ? "–" : value + " " + figure.dataset.unit),
        },
        xAxis: {
          type: "category", data: days, boundaryGap: false,
          axisLine: { lineStyle: { color: token("--neutral") } }, axisLabel: { ...words, hideOverlap: true },
        },
        yAxis: { type: "value", splitLine: { lineStyle: { color: token("--line") } }, axisLabel: words },
        dataZoom: [{ type: "inside", zoomOnMouseWheel: "ctrl" }],
        series: [
          { name: figure.dataset.daily, type: "line", data: daily, showSymbol: false, lineStyle: { width: 1, opacity: 0.7 } },
          { name: figure.dataset.mean, type: "line", data: mean, showSymbol: false, lineStyle: { width: 2 } },
        ],
      });
    };
    show();
    place.setAttribute("role", "img");
    place.setAttribute("aria-label", figure.dataset.name);
    new ResizeObserver(() => chart.resize()).observe(place);
    matchMedia("(prefers-color-scheme: dark)").addEventListener("change", show);
  };
  const figures = [...document.querySelectorAll("[data-live-chart]")];
  const library = script && script.dataset.charts;
  if (figures.length && library && !(navigator.connection && navigator.connection.saveData)) {
    let loading;
    const load = () => (loading ??= new Promise((done, failed) => {
      const element = document.createElement("script");
      element.src = library;
      element.onload = done;
      element.onerror = failed;
      document.head.append(element);
    }));
    const begin = () => {
      const watcher = new IntersectionObserver((entries) => {
        for (const entry of entries) {
          if (!entry.isIntersecting) continue;
          watcher.unobserve(entry.target);
          load().then(() => draw(entry.target), () => {});
        }
      });
      figures.forEach((figure) => watcher.observe(figure));
    };
    if (document.readyState === "complete") begin();
    else window.addEventListener("load", () => setTimeout(begin, 0));
  }

  // ---- Forms: passwords shown when wanted, and checked while they are typed ------------------------------------
  for (const field of document.querySelectorAll("input[data-reveal]")) {
    const line = document.createElement("div");
    line.className = "reveal";
    const box = document.createElement("input");
    box.type = "checkbox";
    box.id = field.id + "-reveal";
    const label = document.createElement("label");
    label.htmlFor = box.id;
    label.textContent = field.dataset.reveal;
    line.append(box, label);
    field.after(line);
    box.addEventListener("change", () => { field.type = box.checked ? "text" : "password"; });
    field.form.addEventListener("submit", () => { field.type = "password"; });
  }
  const checked = document.querySelector("form[data-password-check]");
  if (checked) {
    const field = checked.querySelector("#new");
    const live = checked.querySelector("#new-live");
    let waiting;
    let asked = 0;
    const ask = async () => {
      const number = ++asked;
      if (!field.value) { live.textContent = ""; return; }
      try {
        const body = new URLSearchParams({ form: checked.elements.form.value, new: field.value });
        const answer = await fetch(checked.dataset.passwordCheck, { method: "POST", body });
        if (!answer.ok || number !== asked) return;
        const found = await answer.json();
        live.className = "live " + (found.problems.length ? "act" : "good");
        live.textContent = found.problems.length ? found.problems.join(" ") : "✓ " + found.good;
      } catch { /* the form itself is checked when it is sent */ }
    };
    field.addEventListener("input", () => { clearTimeout(waiting); waiting = setTimeout(ask, 400); });
  }
  for (const button of document.querySelectorAll("button[data-print]")) {
    button.hidden = false;
    button.addEventListener("click", () => window.print());
  }
  const problems = document.querySelector("[role=alert]");
  if (problems) { problems.tabIndex = -1; problems.focus(); }

  // ---- One's place: lists keep their scroll and their open parts on going back ----------------------------------
  // Under the path alone: what was searched for is not for a browser to keep.
  const key = "place:" + location.pathname;
  window.addEventListener("pagehide", () => {
    const open = [...document.querySelectorAll("details")].map((element) => (element.open ? 1 : 0));
    try { sessionStorage.setItem(key, JSON.stringify(open)); } catch { /* private mode keeps nothing */ }
  });
  const kept = performance.getEntriesByType("navigation")[0];
  if (kept && kept.type !== "navigate") {
    try {
      const open = JSON.parse(sessionStorage.getItem(key) || "[]");
      document.querySelectorAll("details").forEach((element, index) => { if (open[index]) element.open = true; });
    } catch { /* nothing kept */ }
  }

  // ---- A form follows what is answered: the page that its button “update” would bring, fetched meanwhile --------
  const sheet = document.querySelector("form[data-form-sheet]");
  if (sheet && sheet.querySelector('button[value="update"]')) {
    let turn = 0;
    sheet.addEventListener("input", () => { turn += 1; });
    sheet.addEventListener("change", async () => {
      const mine = turn;
      const sent = new FormData(sheet);
      const fields = sheet.enctype === "multipart/form-data" ? sent : new URLSearchParams(sent);
      fields.set("action", "update");
      try {
        const answer = await fetch(sheet.getAttribute("action"), { method: "POST", body: fields });
        // Somebody who goes on typing is not disturbed: the next change brings it.
        if (!answer.ok || answer.redirected || mine !== turn) return;
        const page = new DOMParser().parseFromString(await answer.text(), "text/html");
        const fresh = page.querySelector("[data-form-items]");
        const part = sheet.querySelector("[data-form-items]");
        if (!fresh || !part || mine !== turn) return;
        const held = document.activeElement?.id;
        part.replaceChildren(...fresh.childNodes);
        if (held) document.getElementById(held)?.focus();
      } catch { /* The button still works. */ }
    });
  }

  // ---- Forms that were taken along: what was not sent is told, and signing out leaves nothing on the device -----------
  const unsent = () => Number(localStorage.getItem("healthbrain-unsent") ?? 0);
  const forget = async () => {
    // Whatever page is opened: what is over its time and holds no answers leaves.
    if (!(await indexedDB.databases()).some(({ name }) => name === "healthbrain-offline")) return;
    const request = indexedDB.open("healthbrain-offline", 1);
    request.onsuccess = () => {
      const change = request.result.transaction("forms", "readwrite");
      const forms = change.objectStore("forms");
      forms.openCursor().onsuccess = ({ target: { result: at } }) => {
        if (!at) return;
        if (at.value.expires < Date.now() && ["taken", "sent"].includes(at.value.state)) at.delete();
        at.continue();
      };
      change.oncomplete = () => request.result.close();
      change.onabort = change.oncomplete;
    };
  };
  if (localStorage.getItem("healthbrain-unsent") !== null) forget().catch(() => {});
  const waiting = document.querySelector("a[data-unsent]");
  if (waiting && unsent()) waiting.textContent = waiting.dataset.unsent.replace("{n}", unsent());
  for (const form of document.querySelectorAll('form[action="/sign-out"]')) {
    form.addEventListener("submit", (event) => {
      const words = document.querySelector("form[data-unsent]")?.dataset.unsent;
      if (unsent() && words && !confirm(words.replace("{n}", unsent()))) { event.preventDefault(); return; }
      localStorage.removeItem("healthbrain-unsent");
      if (navigator.serviceWorker) {
        indexedDB.deleteDatabase("healthbrain-offline");
        caches.delete("healthbrain-offline");
        navigator.serviceWorker.getRegistrations().then((all) => all.forEach((one) => one.unregister()));
      }
    });
  }

  // ---- A work list by keyboard: j and k go down and up, Enter opens, x ticks, ? tells the keys ---------------------
  const list = document.querySelector("[data-work-list]");
  if (list) {
    const links = [...list.querySelectorAll(".work > li h3 a")];
    const keys = document.querySelector("[data-keys]");
    document.addEventListener("keydown", (event) => {
      const at = document.activeElement;
      const typing = at?.closest("textarea, select, input:not([type=checkbox])");
      if (typing || event.ctrlKey || event.altKey || event.metaKey) return;
      const row = links.findIndex((link) => link.closest("li").contains(at));
      if (event.key === "j" || event.key === "k") {
        links[event.key === "j" ? Math.min(row + 1, links.length - 1) : Math.max(row - 1, 0)]?.focus();
      } else if (event.key === "x" && row >= 0) {
        links[row].closest("li").querySelector("input[type=checkbox]")?.click();
      } else if (event.key === "?" && keys) {
        keys.hidden = !keys.hidden;
      } else {
        return;
      }
      event.preventDefault();
    });
  }
})();
