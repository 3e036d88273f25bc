// What an officer enters is kept here until the server has it: it arrives once, in order, with the time at which it was
// entered. Entries hold no personal data.
"use strict";
const KEY = "parcel-risk-outbox";
const AGAIN_MS = 1000;

window.outbox = (() => {
  const officer = document.body.dataset.officer ?? "";
  let isLost = false, isSending = false, events = null;

  const kept = () => JSON.parse(localStorage.getItem(KEY) ?? "[]");
  const keep = (entries) => localStorage.setItem(KEY, JSON.stringify(entries));
  const own = () => kept().filter((entry) => entry.officer === officer);
  const others = () => kept().filter((entry) => entry.officer !== officer);

  function number() {
    const bytes = crypto.getRandomValues(new Uint8Array(16));
    const hex = [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");
    return hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, "$1-$2-$3-$4-$5");
  }

  function render() {
    const n = own().length, m = scans.pending.filter((one) => one.startsWith(CARD)).length, foreign = others().length;
    document.getElementById("offline").hidden = !isLost;
    document.getElementById("waiting").textContent = words("kept", {entries: words("entries", {n}), scans: words("scans", {n: m})});
    if (!isLost && foreign && officer) say(words("foreign", {n: foreign}));
  }

  function lost() {
    if (!isLost) setTimeout(probe, AGAIN_MS);
    isLost = true;
    render();
  }

  function found() {
    if (!isLost) return;
    isLost = false;
    render();
    send();
    pump();
    listen();
  }

  async function probe() {
    try {
      await fetch("/static/icon.svg", {cache: "no-store"});
      found();
    } catch {
      render();
      if (isLost) setTimeout(probe, AGAIN_MS);
      else lost();
    }
  }

  // Sends what is kept, the oldest first; null where the server is lost.
  async function send() {
    if (isSending) return;
    isSending = true;
    try {
      for (let entry = own()[0]; entry !== undefined; entry = own()[0]) {
        const body = new URLSearchParams(entry.body);
        body.set("waited_ms", Math.max(0, Date.now() - entry.made_at));
        const answer = await asked(entry.path ?? "/station/outcome", {method: "POST", body});
        if (answer === null) break;
        keep(kept().filter((other) => other.id !== entry.id));
        shown(entry, answer);
      }
    } finally {
      isSending = false;
      render();
    }
  }

  function shown(entry, answer) {
    const isInHand = one("#answer article")?.dataset.parcel === entry.parcel && !scans.isBusy && !scans.pending.length;
    if (isInHand) swap(answer.html, answer.status < 400 ? answer.address : location.href);
    else if (answer.status < 400) say(words("recorded", {parcel: entry.parcel}));
    else say(words("refused", {parcel: entry.parcel}));
  }

  document.addEventListener("submit", (event) => {
    if (event.target.matches(".scan")) {
      event.preventDefault();
      scanned(scanBox().value);
      scanBox().value = "";
    } else if (event.target.matches("form.outcome[data-parcel]")) {
      event.preventDefault();
      const body = new URLSearchParams(new FormData(event.target, event.submitter));
      const id = number();
      body.set("entry", id);
      keep([...kept(), {id, officer, parcel: event.target.dataset.parcel, path: event.target.getAttribute("action"), made_at: Date.now(), body: body.toString()}]);
      event.target.inert = true;
      send();
    } else if (event.target.matches("#undo")) {
      event.preventDefault();
      const body = new URLSearchParams(new FormData(event.target));
      asked("/station/undo", {method: "POST", body}).then((answer) => answer && swap(answer.html, answer.address));
    }
  });

  // The stream ends at once when the server does.
  function listen() {
    if (!officer) return;
    events?.close();
    events = new EventSource("/station/events");
    events.onerror = () => { events.close(); probe().then(() => isLost || setTimeout(listen, AGAIN_MS)); };
    events.addEventListener("queue", (event) => dispatchEvent(new CustomEvent("queue", {detail: event})));
  }

  listen();
  if (own().length) send();
  render();
  return {lost, found, kept};
})();

// The queue says that there is more, and moves no row until the officer asks for it.
let fresh = null;
addEventListener("queue", async () => {
  const queue = document.getElementById("queue"), news = document.getElementById("news");
  if (queue === null) return;
  const answer = await asked(location.href, {headers: {"X-Refresh": "queue"}});
  if (answer === null) return;
  const page = new DOMParser().parseFromString(answer.html, "text/html");
  const seen = new Set([...queue.querySelectorAll("tr[data-parcel]")].map((row) => row.dataset.parcel));
  const n = [...page.querySelectorAll("tr[data-parcel]")].filter((row) => !seen.has(row.dataset.parcel)).length;
  fresh = page.getElementById("main");
  news.hidden = n === 0;
  news.querySelector("span").textContent = words("fresh", {n});
});
document.addEventListener("click", (event) => {
  if (fresh === null || event.target.closest("#news button") === null) return;
  document.getElementById("main").replaceWith(document.adoptNode(fresh));
  fresh = null;
});
