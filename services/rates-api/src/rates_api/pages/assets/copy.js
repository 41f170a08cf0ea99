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
    const label = button.firstChild;
    const offered = label.data;
    button.addEventListener("click", async () => {
      label.data = await copy(button.dataset.copy);
      say(`${label.data}: ${button.dataset.copy}`);
      setTimeout(() => (label.data = offered), SHOWN);
    });
  }
}

// Returns what came of it, in words.
async function copy(text) {
  const { copied, notCopied } = document.getElementById("main").dataset;
  try {
    await navigator.clipboard.writeText(text);
    return copied;
  } catch {
    return notCopied;
  }
}
