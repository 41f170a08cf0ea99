// Offers to copy, where the browser allows it, with this service's address in what is copied.
import { say } from "./exchange.js";
import { withOrigin, writeOrigin } from "./origin.js";

const SHOWN = 2_000; // milliseconds

export function offerCopies() {
  writeOrigin();
  for (const button of document.querySelectorAll("[data-copy][hidden]")) {
    if (!navigator.clipboard) continue;
    button.dataset.copy = withOrigin(button.dataset.copy);
    button.hidden = false;
    button.addEventListener("click", () => copy(button));
  }
}

async function copy(button) {
  const { copied, notCopied } = document.getElementById("main").dataset;
  const label = button.firstChild;
  const before = label.textContent;
  try {
    await navigator.clipboard.writeText(button.dataset.copy);
    label.textContent = copied;
  } catch {
    label.textContent = notCopied;
  }
  say(`${label.textContent}: ${button.dataset.copy}`);
  setTimeout(() => (label.textContent = before), SHOWN);
}
