// Answers the forms as they are filled in: by the page itself at the address of what they ask.
import { say } from "./exchange.js";
import { fetchPage } from "./fetching.js";

const PAUSE = 300; // milliseconds without another key
let pausing;

export function askOnChange() {
  for (const form of document.querySelectorAll("form[data-ask]")) {
    if (form.dataset.ask === "") prepare(form);
    markWrong(form);
  }
}

function prepare(form) {
  form.dataset.ask = "live";
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    ask(form);
  });
  form.addEventListener("input", () => {
    clearTimeout(pausing);
    pausing = setTimeout(() => form.checkValidity() && ask(form), PAUSE);
  });
}

async function ask(form) {
  clearTimeout(pausing);
  const asked = new URL(location.href);
  for (const [name, value] of new FormData(form)) asked.searchParams.set(name, value);
  asked.hash = new URL(form.action).hash;
  history.replaceState(null, "", asked);
  if (await fetchPage(asked.href)) return;
  // An old answer must not stand beside a new question.
  for (const id of ["answer", "converted"]) document.getElementById(id)?.replaceChildren();
  const { offline } = document.getElementById("main").dataset;
  say(offline.replace("{at}", new Date().toLocaleTimeString()));
}

function markWrong(form) {
  for (const field of form.querySelectorAll("[aria-describedby]")) {
    const wrong = document.getElementById(field.getAttribute("aria-describedby"));
    if (wrong.textContent) field.setAttribute("aria-invalid", "true");
    else field.removeAttribute("aria-invalid");
  }
}
