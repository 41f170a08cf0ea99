// Offers to copy each example, where the browser allows it, with this service's address in it.
import { writeOrigin } from "./origin.js";

const SHOWN = 2_000; // milliseconds
const WORDS = {
  es: { copy: "Copiar", copied: "Copiado", failed: "No se pudo copiar" },
  en: { copy: "Copy", copied: "Copied", failed: "Could not copy" },
}[document.documentElement.lang];

writeOrigin();
if (navigator.clipboard) {
  for (const figure of document.querySelectorAll("figure.code:not(.answer)")) {
    figure.querySelector("figcaption").append(button(() => figure.querySelector("pre")));
  }
  for (const tabs of document.querySelectorAll(".tabs")) {
    const shown = () => [...tabs.querySelectorAll("pre")].find((pre) => pre.offsetParent);
    tabs.querySelector("pre").before(button(shown));
  }
}

function button(example) {
  const made = document.createElement("button");
  made.type = "button";
  made.className = "copy";
  made.textContent = WORDS.copy;
  made.setAttribute("aria-live", "polite");
  made.addEventListener("click", () => copy(made, example().textContent.trimEnd()));
  return made;
}

async function copy(made, text) {
  try {
    await navigator.clipboard.writeText(text);
    made.textContent = WORDS.copied;
  } catch {
    made.textContent = WORDS.failed;
  }
  setTimeout(() => (made.textContent = WORDS.copy), SHOWN);
}
