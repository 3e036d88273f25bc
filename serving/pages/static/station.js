// Scans are caught wherever the focus is, function keys press the buttons that name them, and the next card replaces
// the one before without another page, so that no letter of a scan gets lost. The page works without this script.
//
// A scanner types its characters within milliseconds of one another and then Enter, which therefore never presses an
// outcome. Keys with a modifier are none of ours.
"use strict";
const GAP_MS = 60;
const QUIET_MS = 120;
const LEAST_OF_A_SCAN = 6;
const SAME_SCAN_MS = 2000;
const TORN_MS = 5000;
const MOST_CHARACTERS = 4096;
const CARD = "/station?parcel=";
const WHOLE = /^[A-Z]{2}[0-9]{9}[A-Z]{2}$/;
const LEFT = ["/station/login", "/station/locked", "/station/passphrase"];

const one = (selector) => document.querySelector(selector);
const scanBox = () => document.getElementById("parcel");
const isPlain = (event) => !event.ctrlKey && !event.altKey && !event.metaKey && !event.shiftKey;
const isCharacter = (event) => !event.ctrlKey && !event.altKey && !event.metaKey && [...event.key].length === 1;
const isText = (element) => element.matches?.("input:not([type=hidden]), textarea") && element !== scanBox();
const presses = (event) => event.key === " " && event.target.closest?.("button, select, a, summary") !== null;

const burst = {text: "", at: 0, before: "", field: null};
// Nothing is looked up before the page is there; what was scanned or typed on the page before comes first.
const kept = JSON.parse(sessionStorage.getItem("scans") ?? '{"pending": [], "typed": "", "at": 0, "shown": ""}');
const scans = {pending: kept.pending, isBusy: true, shown: "", last: "", lastAt: -SAME_SCAN_MS};
let typedBeforePage = kept.typed;
let typedAt = kept.at;
let isTorn = false;
let digit = null;

// A text of the page by its name, in the form that its number n takes, with its values in it.
function words(name, values = {}) {
  const forms = JSON.parse(document.body.dataset.words)[name];
  const categories = ["one", "few", "many"].filter((one) => new Intl.PluralRules(language()).resolvedOptions().pluralCategories.includes(one));
  const found = "n" in values && forms.length > 1 ? categories.indexOf(new Intl.PluralRules(language()).select(values.n)) : 0;
  const form = forms[found < 0 ? forms.length - 1 : Math.min(found, forms.length - 1)];
  return form.replace(/\{(\w+)\}/g, (_, key) => typeof values[key] === "number" ? values[key].toLocaleString(language()) : values[key]);
}

function language() {
  try {
    return Intl.getCanonicalLocales(document.documentElement.lang)[0];
  } catch {
    return "en";
  }
}

function say(text) {
  const note = document.getElementById("note");
  note.textContent = text;
  note.hidden = text === "";
}

// ---- keys

document.addEventListener("keydown", (event) => {
  if (event.isComposing) return;
  if (isCharacter(event)) return character(event);
  if (event.key === "Enter") return enter(event);
  if (event.key === "Escape" && scanBox()?.value) { scanBox().value = ""; isTorn = false; }
  if (isPlain(event)) functionKey(event);
}, true);

function character(event) {
  const isSwift = event.timeStamp - burst.at < GAP_MS;
  if (!isSwift || burst.field !== event.target) Object.assign(burst, {field: event.target, before: event.target.value ?? "", text: isSwift ? burst.text : ""});
  if (burst.at === 0) isTorn = kept.typed !== "" && Date.now() - kept.at < TORN_MS;
  burst.text += event.key;
  burst.at = event.timeStamp;
  if (digit !== null) {
    // A second character within a moment: it was a scanner, and no key of a class.
    clearTimeout(digit.timer);
    typed(digit.key);
    digit = null;
  }
  if (event.target === scanBox() || isText(event.target) || (presses(event) && !isSwift)) return;
  event.preventDefault();
  const button = isPlain(event) && !event.repeat ? event.target.closest?.(".classes")?.querySelector(`[data-digit="${CSS.escape(event.key)}"]`) : null;
  if (button) digit = {key: event.key, timer: setTimeout(() => { digit = null; act(button); }, QUIET_MS)};
  else typed(event.key);
}

// Where keys go that no field has: to the scan box, or to the field of a form that asks for a scan and waits for one.
// It does so before the browser has given it the focus, too.
function entryField() {
  const field = scanBox() ?? one("#main [data-scan]");
  const isWaiting = [document.body, one("#main")].includes(document.activeElement) && (field?.value === "" || field?.matches("textarea"));
  return field === scanBox() || isWaiting ? field : null;
}

function typed(key) {
  const box = entryField();
  if (box === null) {
    // A page that shows nothing of it forgets what no scan follows.
    if (Date.now() - typedAt > SAME_SCAN_MS) typedBeforePage = "";
    typedBeforePage += key;
    typedAt = Date.now();
    return;
  }
  box.value += key;
  box.focus();
}

// What is typed and not yet scanned.
function taken() {
  const box = scanBox(), text = typedBeforePage + (box?.value ?? "");
  typedBeforePage = "";
  if (box !== null) box.value = "";
  return text;
}

function enter(event) {
  if (event.target.form?.matches(".sign-in")) return;
  const box = scanBox();
  const isScan = burst.text.length >= LEAST_OF_A_SCAN && event.timeStamp - burst.at < 3 * GAP_MS;
  if (digit !== null) { clearTimeout(digit.timer); typed(digit.key); digit = null; }
  const hasText = typedBeforePage !== "" || Boolean(box?.value);
  if (box !== null && event.target === box || hasText && (box === null || isScan) && !isText(event.target)) {
    event.preventDefault();
    const text = taken();
    // Characters of a scan that fall between two documents reach neither: what is left is another number.
    if (isTorn && !WHOLE.test(text)) say(words("torn"));
    else scanned(text);
    isTorn = false;
  } else if (isText(event.target) && isScan && !("scan" in event.target.dataset)) {
    event.preventDefault();
    event.target.value = burst.before;
    scanned(burst.text);
  } else if (event.target.matches?.("input[data-scan]")) {
    // The Enter of a scanner leads to the next field: it sends no form that is half filled in.
    event.preventDefault();
    nextField(event.target).focus();
  } else if (event.target.closest?.(".outcome, #undo, .let-go") !== null && !isText(event.target)) {
    event.preventDefault();
  }
}

function nextField(field) {
  const fields = [...field.form.elements].filter((one) => one.type !== "hidden");
  return fields[fields.indexOf(field) + 1] ?? field;
}

function functionKey(event) {
  const button = one(`[data-key="${CSS.escape(event.key)}"]`);
  if (button === null) return;
  event.preventDefault();
  if (!event.repeat) act(button);
}

// An outcome counts only for the card that the officer sees, and never while a number is half typed.
function act(button) {
  const heading = document.getElementById("headline");
  if (scanBox()?.value) return say(words("half_typed", {typed: scanBox().value}));
  if (scans.isBusy || scans.pending.length) return say(words("looking_up"));
  if (heading && !isInView(heading)) { heading.scrollIntoView(); return say(words("out_of_view")); }
  say("");
  if (button.matches("summary")) { button.parentElement.open = true; button.parentElement.querySelector("select, button").focus(); }
  else button.click();
}

function isInView(element) {
  const box = element.getBoundingClientRect();
  return box.top >= 0 && box.bottom <= innerHeight;
}

// ---- scans

function scanned(text) {
  const now = performance.now();
  if (text.trim() === "") return;
  if (text === scans.last && now - scans.lastAt < SAME_SCAN_MS) return;
  Object.assign(scans, {last: text, lastAt: now});
  if (text.length > MOST_CHARACTERS) return say(words("too_long", {n: text.length, most: MOST_CHARACTERS}));
  follow(`${CARD}${encodeURIComponent(text)}`);
}

// Scans and links lead to their pages one after the other, in the order in which they came, and without another
// document: keys that are pressed between two documents reach neither. A scan that the server does not answer stays, and
// is asked again; a link is given up, so that no page which fails holds up the scans behind it.
function follow(address) {
  scans.pending.push(address);
  pump();
}

async function pump() {
  if (scans.isBusy) return;
  scans.isBusy = true;
  try {
    while (scans.pending.length) {
      const isAnswered = await show(scans.pending[0]);
      const isScan = scans.pending[0].startsWith(CARD);
      if (isAnswered || !isScan) scans.pending.shift();
      if (!isAnswered && !isScan) say(one("#offline").firstChild.textContent.trim());
      if (!isAnswered) break;
    }
  } finally {
    scans.isBusy = false;
  }
}

async function show(address) {
  const answer = await asked(address);
  if (answer === null) return false;
  swap(answer.html, answer.address);
  return true;
}

// Text of a page, empty where it is a file; null where the server is lost. Who is signed out no more is led to the sign-in page.
async function asked(address, options = {}) {
  try {
    const response = await fetch(address, {...options, headers: {Accept: "text/html", ...options.headers}});
    if (response.status >= 500) throw new TypeError("not answered");
    if (LEFT.includes(new URL(response.url).pathname)) { location.href = response.url; return null; }
    const html = response.headers.get("Content-Type")?.startsWith("text/html") ? await response.text() : "";
    window.outbox?.found();
    return {html, address: response.url, status: response.status};
  } catch {
    window.outbox?.lost();
    return null;
  }
}

// Shows a page in the place of this one: its answer alone where both have one, so that what is typed meanwhile stays.
function swap(html, address) {
  const page = new DOMParser().parseFromString(html, "text/html");
  if (page.getElementById("main") === null) { location.href = address; return; }
  const isCard = document.getElementById("answer") !== null && page.getElementById("answer") !== null;
  const text = isCard ? "" : taken();
  if (isCard) one("#answer").replaceWith(document.adoptNode(page.getElementById("answer")));
  else replaceWhole(page);
  document.title = page.title;
  say("");
  if (address !== location.href) history.pushState(null, "", address);
  scans.shown = location.href;
  const field = one("#main [autofocus]"), isScanned = field !== null && "scan" in field.dataset;
  if (isScanned) field.value += text;
  else for (const key of text) typed(key);
  // What is half typed is no part of a field that asks for something else.
  ((text === "" || isScanned ? field : null) ?? scanBox() ?? mainPart()).focus();
  scrollTo(0, 0);
  if (!one("#answer .message") && document.title) announce(document.title);
  undoFor30s();
}

function replaceWhole(page) {
  page.getElementById("main").hidden = document.getElementById("main").hidden;
  one("body > .degraded")?.remove();
  const fresh = ["body > .degraded", "header.top", "#main"].map((part) => page.querySelector(part)).filter((part) => part !== null);
  const old = [one("header.top"), one("#main")];
  old[0].before(...fresh.map((part) => document.adoptNode(part)));
  for (const part of old) part.remove();
}

function mainPart() {
  const main = document.getElementById("main");
  main.tabIndex = -1;
  return main;
}

function announce(text) {
  const place = document.getElementById("announce");
  if (place !== null) place.textContent = text;
}

function undoFor30s() {
  const undo = document.getElementById("undo");
  if (undo !== null) setTimeout(() => undo.remove(), 30000);
}

// ---- what a key shows on the card and the next press puts away: it leads to a page of its own without this script

document.addEventListener("click", async (event) => {
  const link = event.target.closest?.("a[data-panel]"), slot = document.getElementById("panel");
  if (!link || !isPlain(event)) return;
  event.preventDefault();
  const isShown = slot.firstElementChild !== null;
  slot.replaceChildren();
  const answer = isShown ? null : await asked(link.href);
  const panel = answer && new DOMParser().parseFromString(answer.html, "text/html").querySelector("main > section");
  link.setAttribute("aria-expanded", panel ? "true" : "false");
  if (!panel || !slot.isConnected) return;
  slot.append(document.adoptNode(panel));
  panel.focus();
});

// ---- a station that nobody uses

// What is shown is covered first. The server locks the session; while it is lost it is asked again and again.
const idle = {
  begin() {
    this.after_ms = 1000 * (document.body.dataset.idleS ?? 0);
    if (!this.after_ms) return;
    for (const kind of ["keydown", "pointerdown"]) addEventListener(kind, () => this.wait(), true);
    this.wait();
  },
  wait() {
    if (document.getElementById("main").hidden) return;
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.lock(), this.after_ms);
  },
  async lock() {
    document.getElementById("main").hidden = true;
    const answer = await asked(`/station/locked?back=${encodeURIComponent(location.pathname + location.search)}`);
    if (answer === null) this.timer = setTimeout(() => this.lock(), 5000);
  },
};

addEventListener("popstate", () => follow(location.href));

// ---- links and questions of the station, which lead on without another document

const isFollowed = (address) => {
  const {origin, pathname} = new URL(address, location.href);
  return one("form.sign-in") === null && origin === location.origin && /^\/station(\/|$)/.test(pathname) && !LEFT.includes(pathname);
};
document.addEventListener("click", (event) => {
  const link = event.target.closest?.("a[href]:not([data-panel], [download], [target])");
  if (!link || event.button !== 0 || !isPlain(event) || event.defaultPrevented || link.hash || !isFollowed(link.href)) return;
  event.preventDefault();
  follow(link.href);
});
document.addEventListener("submit", (event) => {
  const form = event.target;
  if (form.method !== "get" || form.matches(".scan, .sign-in") || event.defaultPrevented || !isFollowed(form.action)) return;
  event.preventDefault();
  const asks = new URLSearchParams(new FormData(form, event.submitter));
  follow(`${new URL(form.action).pathname}?${asks}`);
});
addEventListener("DOMContentLoaded", () => {
  undoFor30s();
  idle.begin();
  if (one("form.sign-in") !== null) return;
  sessionStorage.removeItem("scans");
  const field = scanBox() ?? one("#main [data-scan][autofocus]");
  if (typedBeforePage !== "" && field !== null) {
    const since = field.value.slice(field.defaultValue.length);
    field.value = "";
    field.value = field.defaultValue + taken() + since;
    field.focus();
  }
  // What was shown while the page was already on its way to be loaded anew is shown again.
  const isReload = performance.getEntriesByType("navigation")[0]?.type === "reload";
  if (isReload && kept.shown && kept.shown !== location.href) scans.pending.unshift(kept.shown);
  scans.isBusy = false;
  pump();
});
// What was scanned or typed while another page was on its way is taken along.
addEventListener("pagehide", () => {
  if (one("form.sign-in") !== null) return;
  const text = taken();
  const {pending, shown} = scans;
  if (pending.length || text || shown) sessionStorage.setItem("scans", JSON.stringify({pending, typed: text, at: Date.now(), shown}));
});
// A page that comes back as it was left has given its scans away.
addEventListener("pageshow", (event) => {
  if (event.persisted) location.reload();
});
