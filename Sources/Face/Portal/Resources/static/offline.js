// Forms that were taken along: kept on this device, filled without a network, and sent when there is one again.
(() => {
  "use strict";
  const page = document.querySelector("[data-offline]");
  if (!page) return;
  const part = (name) => page.querySelector('[data-part="' + name + '"]');
  const say = (name, places = {}) =>
    page.querySelector('[data-text="' + name + '"]').textContent.replace(/\{(\w+)\}/g, (all, key) => places[key] ?? all);
  const make = (tag, properties = {}, ...children) => {
    const element = Object.assign(document.createElement(tag), properties);
    element.append(...children);
    return element;
  };
  const time = (milliseconds, style = { dateStyle: "medium", timeStyle: "short" }) =>
    new Intl.DateTimeFormat(document.documentElement.lang, { ...style, timeZone: "Asia/Shanghai" }).format(milliseconds);
  const tell = (text, ...more) => {
    part("notice").replaceChildren(make("p", { textContent: text }), ...more);
    part("notice").hidden = !text;
  };

  // ---- The store: what is about a person is sealed with a key that can't be taken out of the browser ------------------
  // A record: id, account, expires and state in clear; `pack` (person, task, form) and `work` (answers, what became of
  // them) sealed.
  const NAME = "healthbrain-offline";
  const UNSENT = new Set(["writing", "queued", "conflict", "refused"]);
  const asked = (request) => new Promise((done, failed) => {
    request.onsuccess = () => done(request.result);
    request.onerror = () => failed(request.error);
  });
  let opening;
  const database = () => (opening ??= (async () => {
    const request = indexedDB.open(NAME, 1);
    request.onupgradeneeded = () => {
      request.result.createObjectStore("keys");
      request.result.createObjectStore("forms", { keyPath: "id" });
    };
    const db = await asked(request);
    db.onversionchange = () => { db.close(); opening = undefined; };
    return db;
  })());
  const table = async (name, mode = "readonly") => (await database()).transaction(name, mode).objectStore(name);
  const secret = async () => {
    const found = await asked((await table("keys")).get("key"));
    if (found) return found;
    const made = await crypto.subtle.generateKey({ name: "AES-GCM", length: 256 }, false, ["encrypt", "decrypt"]);
    // Another page may have been first: its key stays.
    await asked((await table("keys", "readwrite")).add(made, "key")).catch(() => {});
    return asked((await table("keys")).get("key"));
  };
  const seal = async (value) => {
    const iv = crypto.getRandomValues(new Uint8Array(12));
    const plain = new TextEncoder().encode(JSON.stringify(value));
    return { iv, data: await crypto.subtle.encrypt({ name: "AES-GCM", iv }, await secret(), plain) };
  };
  const unseal = async ({ iv, data }) =>
    JSON.parse(new TextDecoder().decode(await crypto.subtle.decrypt({ name: "AES-GCM", iv }, await secret(), data)));
  const count = async () => {
    const all = await asked((await table("forms")).getAll());
    localStorage.setItem("healthbrain-unsent", all.filter((one) => UNSENT.has(one.state)).length);
  };
  const put = async (form) => {
    const record = {
      id: form.id, account: form.account, expires: form.expires, state: form.state,
      pack: (form.sealed ??= await seal(form.pack)), work: await seal(form.work),
    };
    await asked((await table("forms", "readwrite")).put(record));
    await count();
  };
  const read = async (record) =>
    ({ ...record, sealed: record.pack, pack: await unseal(record.pack), work: await unseal(record.work) });
  const get = async (id) => {
    const record = await asked((await table("forms")).get(id));
    return record && read(record);
  };
  const remove = async (id) => { await asked((await table("forms", "readwrite")).delete(id)); await count(); };
  // What is over its time leaves, unless it holds answers that were not sent.
  const all = async () => {
    const found = [];
    for (const record of await asked((await table("forms")).getAll())) {
      if (record.expires < Date.now() && !UNSENT.has(record.state)) await remove(record.id);
      else found.push(await read(record));
    }
    return found;
  };

  // ---- Taking along ---------------------------------------------------------------------------------------------------
  const keepPage = async () => {
    const answer = await fetch("/offline");
    if (!answer.ok) throw new Error("page");
    const html = new DOMParser().parseFromString(await answer.clone().text(), "text/html");
    const needed = [...html.querySelectorAll("link[rel=stylesheet], link[rel=icon], script[src]")].map(
      (element) => element.getAttribute("href") ?? element.getAttribute("src"));
    const cache = await caches.open(NAME);
    await cache.put("/offline", answer);
    await cache.addAll(needed);
    for (const request of await cache.keys()) {
      const { pathname } = new URL(request.url);
      if (pathname !== "/offline" && !needed.includes(pathname)) await cache.delete(request);
    }
  };
  const take = async (addresses) => {
    await navigator.serviceWorker.register("/offline-worker.js", { scope: "/" });
    await keepPage();
    await navigator.serviceWorker.ready;
    await navigator.storage?.persist?.();
    const there = (await all()).filter((form) => form.state !== "sent").map((form) => form.pack.taken);
    let failed = 0;
    for (const [number, address] of addresses.entries()) {
      part("answer").textContent = say("taking", { n: number + 1, of: addresses.length });
      // What is on the device already may hold answers.
      if (there.includes(address)) continue;
      const answer = await fetch(address + (address.includes("?") ? "&" : "?") + "offline=1").catch(() => undefined);
      if (!answer?.ok || !answer.headers.get("Content-Type")?.startsWith("application/json")) { failed += 1; continue; }
      const pack = await answer.json();
      await put({
        id: crypto.randomUUID(), account: pack.account, expires: Date.now() + pack.hours * 3600000, state: "taken",
        pack: { ...pack, taken: address },
        work: { response: crypto.randomUUID(), address: pack.address, version: pack.version, amend: pack.amend },
      });
    }
    return failed;
  };

  // ---- A form on the page: what is asked for, repetitions, answers ----------------------------------------------------
  const sheet = part("sheet");
  const items = part("items");
  const fields = (name) => [...sheet.elements].filter((field) => field.name === name && field.type !== "hidden");
  const isTick = (field) => field.type === "radio" || field.type === "checkbox";
  const given = (name) => [...fields(name), ...fields(name + ".other")]
    .filter((field) => !isTick(field) || field.checked).map((field) => field.value.trim()).filter(Boolean);
  const around = (element) => element.parentElement.closest("[data-node], [data-answer]");
  const isGroup = (node) => node.dataset.kind === "group";

  const compare = (comparison, value, wanted) => {
    const [a, b] = Number.isNaN(Number(value)) || Number.isNaN(Number(wanted))
      ? [value, wanted] : [Number(value), Number(wanted)];
    return comparison === ">" ? a > b : comparison === "<" ? a < b : comparison === ">=" ? a >= b : a <= b;
  };
  // As the house decides (R4, enableWhen): true, false, or undefined where the house alone can tell.
  const holds = (test, node) => {
    const [question, comparison, ...wanted] = test;
    if (comparison === "?") return undefined;
    let scope = around(node);
    const asked = '[data-item="' + question + '"]';
    while (scope && !scope.querySelector(asked)) scope = around(scope);
    const values = [...(scope ?? items).querySelectorAll(asked)]
      .filter((one) => !one.closest("[data-node][hidden]")).flatMap((one) => given(one.dataset.node));
    if (comparison === "exists") return (values.length > 0) === (wanted[0] === "true");
    const isSame = (value) => wanted.some((one) => value === one || (value !== "" && Number(value) === Number(one)));
    if (comparison === "=") return values.some(isSame);
    if (comparison === "!=") return values.length > 0 && !values.some(isSame);
    return values.some((value) => wanted.some((one) => compare(comparison, value, one)));
  };
  const isAsked = (node) => {
    const above = around(node);
    // What hangs below an answer is asked once there is one.
    if (above?.dataset.answer) {
      const own = above.querySelector("input, textarea");
      if (!own.value.trim()) return false;
    } else if (above && !isGroup(above) && !given(above.dataset.node).length) {
      return false;
    }
    if (!node.dataset.when) return true;
    const { any, tests } = JSON.parse(node.dataset.when);
    const found = tests.map((test) => holds(test, node));
    if (found.includes(any)) return any;
    return found.includes(undefined) ? undefined : !any;
  };
  const nodes = () => [...items.querySelectorAll("[data-node]")];
  const follow = () => {
    for (let round = 0; round < 20; round += 1) {
      let changed = false;
      for (const node of nodes()) {
        const isIt = isAsked(node);
        if (node.hidden !== (isIt === false)) { node.hidden = isIt === false; changed = true; }
        const mark = node.querySelector(":scope > .maybe");
        if (isIt === undefined && !mark) node.prepend(make("p", { className: "maybe", textContent: say("maybe") }));
        if (isIt !== undefined) mark?.remove();
      }
      if (!changed) break;
    }
    for (const group of nodes().filter((node) => isGroup(node) && "again" in node.dataset)) {
      const same = repetitions(group);
      for (const button of group.querySelectorAll(":scope > fieldset > .line-buttons > button")) {
        button.hidden = button.value.startsWith("add:") ? group !== same.at(-1) : same.length < 2;
      }
    }
  };

  // Names hold the way to a field: q_0-1_3 is item 3 in the second repetition of group 0.
  const repetitions = (group) =>
    [...group.parentElement.children].filter((one) => one.dataset.item === group.dataset.item);
  const rename = (root, from, to) => {
    const pattern = new RegExp(from + "(?![0-9])", "g");
    for (const element of [root, ...root.querySelectorAll("*")]) {
      for (const name of ["id", "name", "for", "aria-describedby", "data-node", "data-answer"]) {
        const old = element.getAttribute(name);
        if (old) element.setAttribute(name, old.replace(pattern, to));
      }
      if (element.tagName === "BUTTON") element.value = element.value.replace(pattern, to);
    }
  };
  const empty = (root) => {
    for (const field of root.querySelectorAll("input:not([type=hidden]), textarea, select")) {
      if (isTick(field)) field.checked = field.value === "";
      else if (field.tagName === "SELECT") field.selectedIndex = 0;
      else field.value = "";
    }
    for (const group of root.querySelectorAll('[data-kind="group"][data-again]')) {
      repetitions(group).slice(1).forEach((one) => one.remove());
    }
    for (const node of root.querySelectorAll("[data-node]")) {
      [...node.querySelectorAll(":scope > .field > [data-answer]")].slice(1).forEach((one) => one.remove());
    }
  };
  const numbered = (group, number) => {
    const name = group.dataset.node;
    const wanted = name.replace(/-\d+$/, "-" + number);
    if (name !== wanted) rename(group, name, wanted);
  };
  const add = (group) => {
    const same = repetitions(group);
    if (same.length >= 50) return undefined;
    const copy = group.cloneNode(true);
    numbered(copy, same.length);
    empty(copy);
    same.at(-1).after(copy);
    return copy;
  };
  const addAnswer = (node) => {
    const answers = [...node.querySelectorAll(":scope > .field > [data-answer]")];
    const copy = answers[0].cloneNode(true);
    const name = node.dataset.node;
    rename(copy, name + "-0", name + "-" + answers.length);
    const field = copy.querySelector("input, textarea");
    field.id = "f-" + name + "-" + answers.length;
    field.setAttribute("aria-label", label(node) + " " + (answers.length + 1));
    empty(copy);
    answers.at(-1).after(copy);
    return field;
  };
  const label = (node) => {
    const found = node.querySelector("legend, label");
    return [...(found?.childNodes ?? [])].filter((child) => child.nodeType === 3).map((child) => child.data).join("").trim();
  };

  const answers = () => {
    const found = [...new FormData(sheet)].map(([name, value]) => [name, String(value)]);
    for (const group of nodes().filter((node) => isGroup(node) && "again" in node.dataset && node.dataset.node.endsWith("-0"))) {
      found.push([group.dataset.node.replace(/-0$/, "") + ".count", String(repetitions(group).length)]);
    }
    return found;
  };
  const restore = (kept) => {
    const values = Map.groupBy ? Map.groupBy(kept, ([name]) => name)
      : kept.reduce((map, pair) => map.set(pair[0], [...(map.get(pair[0]) ?? []), pair]), new Map());
    for (const name of [...values.keys()].filter((one) => one.endsWith(".count")).sort((a, b) => a.length - b.length)) {
      const first = items.querySelector('[data-node="' + name.replace(/\.count$/, "-0") + '"]');
      const wanted = Number(values.get(name)[0][1]);
      while (first && repetitions(first).length < wanted && add(first));
      if (first) repetitions(first).slice(wanted).forEach((one) => one.remove());
    }
    for (const [name, pairs] of values) {
      const texts = pairs.map((pair) => pair[1]);
      const node = items.querySelector('[data-node="' + name + '"][data-again]');
      if (node?.querySelector(":scope > .field > [data-answer]")) while (fields(name).length < texts.length) addAnswer(node);
      for (const [number, field] of fields(name).entries()) {
        if (isTick(field)) field.checked = texts.includes(field.value) && (field.value !== "" || texts.every((one) => one === ""));
        else field.value = texts[number] ?? "";
      }
    }
  };
  // What can be told here before it is sent; the house checks everything.
  const faults = (isFinal) => nodes().filter((node) => !isGroup(node) && !node.closest("[data-node][hidden]")).flatMap((node) => {
    const name = node.dataset.node;
    const values = given(name);
    const isMaybe = node.closest("[data-node]:has(> .maybe)");
    const kind = node.dataset.kind;
    const wrong = (text) => [{ name, text: say(text, { label: label(node) }) }];
    if (isFinal && "required" in node.dataset && !isMaybe && !values.length) return wrong("needed");
    const isNumber = ["integer", "decimal", "quantity"].includes(kind);
    const plain = (text) => text.normalize("NFKC").replace("。", ".");
    if (isNumber && values.some((text) => !(kind === "integer" ? /^[+-]?\d+$/ : /^[+-]?\d*\.?\d+$/).test(plain(text)))) return wrong("notNumber");
    if (isFinal && fields(name).some((field) => !field.validity.valid)) return wrong("notFitting");
    return [];
  });

  // ---- The page of one form -------------------------------------------------------------------------------------------
  const list = part("problems").querySelector("ul");
  const problems = (found) => {
    list.replaceChildren(...found.map(({ name, text }) => {
      const link = make("a", { href: "#f-" + name, textContent: text });
      link.addEventListener("click", (event) => {
        event.preventDefault();
        (document.getElementById("f-" + name) ?? fields(name)[0])?.focus();
      });
      return make("li", {}, name ? link : text);
    }));
    part("problems").hidden = !found.length;
    if (found.length) part("problems").focus();
  };
  const tone = (state) => (state === "sent" ? "good" : state === "conflict" || state === "refused" ? "act" : "watch");

  const openForm = async (id) => {
    // A page has one heading.
    part("list").remove();
    const heading = make("h1");
    part("form-title").replaceWith(heading);
    part("form").hidden = false;
    const form = await get(id);
    const session = await whoIsThere();
    if (!form || form.state === "sent" || (session?.account && session.account !== form.account)) {
      heading.textContent = say(form && form.state !== "sent" ? "other" : "gone");
      sheet.hidden = true;
      return;
    }
    // Two pages must not write over each other.
    const isAlone = !navigator.locks || await new Promise((done) => {
      navigator.locks.request("healthbrain-form-" + id, { ifAvailable: true }, (lock) => {
        done(Boolean(lock));
        return lock ? new Promise((end) => window.addEventListener("pagehide", end)) : undefined;
      });
    });
    const { pack, work } = form;
    document.title = pack.title;
    heading.textContent = pack.title;
    part("form-person").textContent = pack.person;
    part("form-task").textContent = [pack.task, pack.due].filter(Boolean).join(" · ");
    const state = () => {
      part("form-state").textContent = say("state_" + form.state);
      part("form-state").className = "tag " + tone(form.state);
    };
    state();
    if (!isAlone) { part("form-saved").textContent = say("elsewhere"); sheet.hidden = true; return; }
    const html = new DOMParser().parseFromString(pack.html, "text/html");
    items.replaceChildren(...html.body.childNodes);
    part("save").hidden = Boolean(work.amend);
    if (work.answers) restore(work.answers);
    follow();
    if (form.state === "refused") problems(work.problems ?? []);
    if (form.state === "conflict") showConflict(form);
    let writing = Promise.resolve();
    const keep = (change) => (writing = writing.then(async () => {
      Object.assign(work, { answers: answers(), changed: Date.now() });
      change();
      await put(form);
      state();
      part("form-saved").textContent = say("saved", { time: time(Date.now(), { timeStyle: "short" }) });
    }));
    const changed = () => {
      for (const node of nodes().filter((one) => "again" in one.dataset && !isGroup(one))) {
        const own = [...node.querySelectorAll(":scope > .field > [data-answer]")];
        if (own.length && own.at(-1).querySelector("input, textarea").value.trim()) addAnswer(node);
      }
      follow();
      keep(() => { form.state = form.state === "conflict" ? "conflict" : "writing"; });
    };
    sheet.addEventListener("input", changed);
    sheet.addEventListener("submit", async (event) => {
      event.preventDefault();
      const action = event.submitter?.value ?? "";
      if (/^(add|remove):/.test(action)) {
        const group = items.querySelector('[data-node="' + action.replace(/^\w+:/, "") + '"]');
        if (action.startsWith("add:")) {
          add(group)?.querySelector("input:not([type=hidden]), textarea, select")?.focus();
        } else {
          const rest = repetitions(group).filter((one) => one !== group);
          group.remove();
          rest.forEach(numbered);
          rest[0].querySelector("input:not([type=hidden]), textarea, select")?.focus();
        }
        changed();
        return;
      }
      if (action !== "save" && action !== "sign") return;
      const found = faults(action === "sign");
      problems(found);
      if (found.length) return;
      await keep(() => {
        Object.assign(work, { action, sending: crypto.randomUUID(), answered: Date.now(), problems: undefined });
        if (form.state === "conflict") overTheirs(work);
        form.state = "queued";
      });
      location.assign("/offline");
    });
  };

  // Somebody else's version has been seen, and is kept by the platform as an earlier one.
  const overTheirs = (work) => {
    const { address, version, amend } = work.conflict;
    Object.assign(work, { address, version, amend, conflict: undefined, sending: crypto.randomUUID() });
    if (amend) work.action = "sign";
  };
  const showConflict = (form) => {
    const { rows, same, by, at, status } = form.work.conflict;
    part("conflict").hidden = false;
    part("conflict-by").textContent = say("conflictBy", { by: by || "—", at, status });
    part("conflict-rows").replaceChildren(...rows.map((row) => make("tr", {},
      make("th", { scope: "row", textContent: row.label }), make("td", { textContent: row.mine || say("noAnswer") }),
      make("td", { textContent: row.theirs || say("noAnswer") }))));
    part("conflict-same").textContent = say("conflictSame", { n: same });
    part("use-mine").addEventListener("click", async () => {
      overTheirs(form.work);
      form.state = "queued";
      await put(form);
      location.assign("/offline");
    });
    part("drop-mine").addEventListener("click", async () => {
      if (!confirm(say("askDrop"))) return;
      await remove(form.id);
      location.assign("/offline");
    });
  };

  // ---- Sending --------------------------------------------------------------------------------------------------------
  // undefined without a network, an empty object for nobody.
  const whoIsThere = async () => {
    try {
      const answer = await fetch("/offline/session", { cache: "no-store", signal: AbortSignal.timeout(5000) });
      return answer.ok ? await answer.json() : answer.status === 401 ? {} : undefined;
    } catch { return undefined; }
  };
  // Returns whether to go on with the next.
  const sendOne = async (form, token) => {
    const { pack, work } = form;
    const body = new URLSearchParams(work.answers);
    const more = {
      form: token, patient: pack.patient, action: work.action, sending: work.sending, response: work.response,
      answered: work.answered, ...(work.version ? { version: work.version } : {}), ...(work.amend ? { amend: 1 } : {}),
    };
    for (const [name, value] of Object.entries(more)) body.set(name, value);
    let answer;
    try { answer = await fetch(work.address, { method: "POST", body, signal: AbortSignal.timeout(60000) }); } catch { tell(say("noNetwork")); return false; }
    const isJSON = answer.headers.get("Content-Type")?.startsWith("application/json");
    try {
      if (answer.status === 200 && isJSON) {
        // Nothing of the answers stays.
        form.work = { href: (await answer.json()).href, at: Date.now() };
        form.pack = { title: pack.title, person: pack.person, task: pack.task, taken: pack.taken };
        form.sealed = undefined;
        form.state = "sent";
      } else if (answer.status === 409 && isJSON) {
        work.conflict = await answer.json();
        form.state = "conflict";
      } else if (answer.status === 422 && isJSON) {
        work.problems = (await answer.json()).problems;
        form.state = "refused";
      } else if (answer.status === 401) {
        tellSignIn();
        return false;
      } else if ([403, 404, 410].includes(answer.status)) {
        work.problems = [{ name: "", text: say("unreached") }];
        form.state = "refused";
      } else if (answer.status >= 500 || answer.status === 429 || answer.ok) {
        tell(say("later"));
        return false;
      } else {
        work.problems = [{ name: "", text: say("notUnderstood") }];
        form.state = "refused";
      }
    } catch { tell(say("noNetwork")); return false; }
    await put(form);
    return true;
  };
  const tellSignIn = () => tell(
    say("signIn"), make("p", {}, make("a", { href: "/sign-in?next=%2Foffline", textContent: say("signInLink") })));
  const sendAll = async () => {
    const run = async (lock) => {
      if (lock === null) return;
      tell("");
      const forms = await all();
      const session = await whoIsThere();
      if (!session) { tell(say("noNetwork")); return; }
      if (!session.account) {
        if (forms.some((form) => form.state === "queued")) tellSignIn();
        return;
      }
      for (const form of forms.filter((one) => one.state === "queued" && one.account === session.account)) {
        if (!await sendOne(form, session.form)) break;
        await show(session);
      }
      await show(session);
      if (navigator.serviceWorker.controller) await keepPage().catch(() => {});
    };
    if (navigator.locks) await navigator.locks.request("healthbrain-send", { ifAvailable: true }, run);
    else await run();
  };

  // ---- The list -------------------------------------------------------------------------------------------------------
  const card = (form) => {
    const { pack, work, state } = form;
    const open = "/offline?form=" + form.id;
    const buttons = make("div", { className: "line-buttons" });
    const name = make("span", { className: "visually-hidden", textContent: " " + pack.person + " " + pack.title });
    if (state === "sent") buttons.append(make("a", { className: "button second", href: work.href }, say("see"), name));
    else buttons.append(make("a", { className: "button", href: open }, say(state === "conflict" ? "compare" : "open"), name));
    const drop = make("button", { type: "button", className: "plain" }, say("remove"), name.cloneNode(true));
    drop.addEventListener("click", async () => {
      if (UNSENT.has(state) && !confirm(say("askRemove"))) return;
      await remove(form.id);
      await show();
    });
    buttons.append(drop);
    const isOver = form.expires < Date.now();
    return make("li", {},
      make("div", { className: "work-head" }, make("h2", { textContent: pack.person }),
        make("span", { className: "tag " + tone(state), textContent: say("state_" + state) })),
      make("p", { textContent: pack.title }),
      ...(pack.task ? [make("p", { className: "quiet", textContent: [pack.task, pack.due].filter(Boolean).join(" · ") })] : []),
      ...(state === "refused" ? work.problems.map(({ text }) => make("p", { className: "problem", textContent: text })) : []),
      ...(UNSENT.has(state) && !isOver ? [] : [make("p", { className: isOver ? "act" : "quiet",
        textContent: isOver ? say("expired") : say("until", { time: time(form.expires) }) })]),
      buttons);
  };
  const show = async (session) => {
    const forms = await all();
    // Of another account's nothing is shown.
    const own = forms.filter((form) => !session?.account || form.account === session.account);
    const order = ["conflict", "refused", "writing", "queued", "taken", "sent"];
    own.sort((a, b) => order.indexOf(a.state) - order.indexOf(b.state) || a.pack.person.localeCompare(b.pack.person));
    const unsent = forms.filter((form) => UNSENT.has(form.state)).length;
    part("answer").textContent = say(!forms.length ? "none" : unsent ? "unsent" : "count", { n: forms.length, unsent });
    part("cards").replaceChildren(...own.map(card));
    part("send").hidden = !own.some((form) => form.state === "queued");
    part("clear").hidden = !forms.length;
    if (own.length < forms.length && part("notice").hidden) tell(say("other"));
    page.dataset.ready = own.map((form) => form.state).join(" ") || "none";
  };
  const openList = async () => {
    part("send").addEventListener("click", sendAll);
    part("clear").addEventListener("click", async () => {
      const forms = await asked((await table("forms")).getAll());
      const unsent = forms.filter((form) => UNSENT.has(form.state)).length;
      if (unsent && !confirm(say("askClear", { n: unsent }))) return;
      (await database()).close();
      opening = undefined;
      await asked(indexedDB.deleteDatabase(NAME));
      await caches.delete(NAME);
      localStorage.removeItem("healthbrain-unsent");
      for (const one of await navigator.serviceWorker.getRegistrations()) await one.unregister();
      await show();
    });
    window.addEventListener("online", sendAll);
    await show();
    await sendAll();
  };
  const openTake = async (addresses) => {
    part("take").hidden = false;
    part("take-title").textContent = say("takeTitle", { n: addresses.length });
    part("take-go").addEventListener("click", async () => {
      part("take-go").disabled = true;
      try {
        const failed = await take(addresses);
        if (!failed) { location.replace("/offline"); return; }
        tell(say("takeFailed", { n: failed }));
      } catch { tell(say("takeFailed", { n: addresses.length })); }
      part("take-go").disabled = false;
      await show();
    });
  };

  if (!window.indexedDB || !window.crypto?.subtle || !navigator.serviceWorker) { tell(say("unsupported")); return; }
  const query = new URLSearchParams(location.search);
  const wanted = query.getAll("take").filter((address) => /^\/forms\/[A-Za-z0-9./-]+(\?|$)/.test(address));
  if (query.get("form")) openForm(query.get("form"));
  else if (wanted.length) show().then(() => openTake(wanted));
  else openList();
})();
