// Function keys press the outcome buttons that name them. The page works without this script.
document.addEventListener("keydown", (event) => {
  const button = document.querySelector(`button[data-key="${CSS.escape(event.key)}"]`);
  if (button !== null && !event.repeat) {
    event.preventDefault();
    button.click();
  }
});
