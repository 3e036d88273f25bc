// What was typed into a form and not sent survives a station that is locked: it is put back when the same officer unlocks
// it, and forgotten for anybody else. It stays in this tab. Fields of persons and secrets are never kept.
"use strict";
const FORMS = "parcel-risk-forms";
const KEPT_FIELDS = "input:not([type=hidden]):not([type=password]), select, textarea";

const ownForms = () => [...document.querySelectorAll("main form:not(.scan):not(.sign-in):not([data-personal])")];
const isSignIn = () => one("form.sign-in") !== null && one('form[action="/station/passphrase"], form[action="/station/pin"]') === null;
const isChanged = (field) => field.matches("select") ? [...field.options].some((each) => each.selected !== each.defaultSelected)
  : field.matches("[type=checkbox], [type=radio]") ? field.checked !== field.defaultChecked : field.value !== field.defaultValue;

function keptForms() {
  return JSON.parse(sessionStorage.getItem(FORMS) ?? "null");
}

addEventListener("pagehide", () => {
  const {officer} = document.body.dataset;
  if (isSignIn() || !officer) return;
  const typed = ownForms().flatMap((form, n) => [...form.elements].filter((field) => field.matches(KEPT_FIELDS) && field.name && isChanged(field))
    .map((field) => ({n, name: field.name, value: field.value, checked: field.checked})));
  const kept = {officer, address: location.pathname + location.search, typed};
  sessionStorage.setItem(FORMS, JSON.stringify(kept));
});

// Whoever unlocks returns to the page before. This is done as the form is sent: scanners are faster than scripts that a page
// waits for.
document.addEventListener("submit", ({target}) => {
  const kept = keptForms();
  if (target.getAttribute("action") !== "/station/unlock" || kept?.officer !== document.body.dataset.lockedOfficer) return;
  sessionStorage.setItem(FORMS, JSON.stringify({...kept, isLocked: true}));
  target.elements.back.value = kept.address;
});

addEventListener("DOMContentLoaded", () => {
  const kept = keptForms(), {officer, lockedOfficer} = document.body.dataset;
  if (kept === null || kept.officer === lockedOfficer) return;
  sessionStorage.removeItem(FORMS);
  const isSame = kept.officer === officer && kept.address === location.pathname + location.search;
  if (!kept.isLocked || !isSame) return;
  for (const {n, name, value, checked} of kept.typed) {
    const field = ownForms()[n]?.elements[name];
    if (!field?.matches?.(KEPT_FIELDS)) continue;
    if (field.matches("[type=checkbox], [type=radio]")) field.checked = checked;
    else field.value = value;
    if (field.closest("details")) field.closest("details").open = true;
  }
});
