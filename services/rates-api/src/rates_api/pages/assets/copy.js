// Offers to copy, where the browser allows it, with this service's address in what is copied.
import { say } from "./exchange.js";

const PLACEHOLDER = "https://rates.example";
const SHOWN = 2_000; // milliseconds

export function offerCopies() {
  for (const code of document.querySelectorAll("[data-origin]")) {
    code.textContent = code.textContent.replaceAll(PLACEHOLDER, location.origin);
  }
  for (const button of document.querySelectorAll("[data-copy][hidden]")) {
    if (!navigator.clipboard) continue;
    button.dataset.copy = button.dataset.copy.replaceAll(PLACEHOLDER, location.origin);
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
