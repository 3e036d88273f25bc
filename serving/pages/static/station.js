// Scans land in the scan box wherever the focus is; function keys press the outcome buttons that name them.
// A scanner types its characters and then Enter, so Enter never presses an outcome: Space, the key or the pointer does.
// The page works without this script.
const scanBox = document.getElementById("parcel");
const isPlain = (event) => !event.ctrlKey && !event.altKey && !event.metaKey && !event.shiftKey;
const isCharacter = (event) => !event.ctrlKey && !event.altKey && !event.metaKey && [...event.key].length === 1;
const presses = (event) => event.key === " " && event.target.closest("button, select, a") !== null;

document.addEventListener("keydown", (event) => {
  const outcome = isPlain(event) ? document.querySelector(`button[data-key="${CSS.escape(event.key)}"]`) : null;
  if (outcome !== null && !event.repeat && (scanBox === null || scanBox.value === "")) {
    event.preventDefault();
    outcome.click();
  } else if (event.key === "Enter" && event.target.closest(".outcome") !== null) {
    event.preventDefault();
  } else if (scanBox !== null && event.target !== scanBox && isCharacter(event) && !presses(event)) {
    scanBox.focus();
  }
}, true);

// A longer reading would not fit into an address; it is refused in words and never cut.
const MOST_CHARACTERS = 4096;
scanBox?.addEventListener("input", () => {
  const n = scanBox.value.length;
  scanBox.setCustomValidity(n > MOST_CHARACTERS
    ? `The reading has ${n} characters; up to ${MOST_CHARACTERS} are understood. Scan the barcode that stands for the parcel alone.`
    : "");
});
