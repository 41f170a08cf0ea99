// Answers the forms as they are filled in: by the page itself at the address of what they ask.
import { clear } from "./exchange.js";
import { fetchAnswer } from "./fetching.js";
import { note, sinceWhen } from "./live.js";

const PAUSE = 300; // milliseconds without another key
let pausing;

const answerOf = (form) => form.closest("section").querySelector(".answer");

export function askOnChange() {
  for (const form of document.querySelectorAll("form[data-ask]")) {
    if (form.dataset.ask === "") prepare(form);
    // An old answer must not stand beside a question that nobody can answer.
    if (!form.checkValidity()) clear(answerOf(form));
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
    pausing = setTimeout(() => (form.checkValidity() ? ask(form) : clear(answerOf(form))), PAUSE);
  });
}

async function ask(form) {
  clearTimeout(pausing);
  const asked = new URL(location.href);
  for (const [name, value] of new FormData(form)) asked.searchParams.set(name, value);
  asked.hash = new URL(form.action).hash;
  history.replaceState(null, "", asked);
  const answer = answerOf(form);
  answer.setAttribute("aria-busy", "true");
  const outcome = await fetchAnswer(asked.href);
  // Another question may have come from the other form: then that one's answer is awaited.
  if (outcome !== "superseded") markIdle();
  if (outcome === "failed") refuse(answer);
  note(outcome);
}

function markIdle() {
  for (const busy of document.querySelectorAll("[aria-busy]")) busy.removeAttribute("aria-busy");
}

// Neither answer may stand beside the new question: both are of its day.
function refuse(answer) {
  for (const form of document.querySelectorAll("form[data-ask]")) clear(answerOf(form));
  const said = document.createElement("p");
  said.className = "none";
  said.textContent = sinceWhen();
  answer.append(said);
}

function markWrong(form) {
  for (const field of form.querySelectorAll("[aria-describedby]")) {
    const wrong = document.getElementById(field.getAttribute("aria-describedby"));
    if (wrong.textContent) field.setAttribute("aria-invalid", "true");
    else field.removeAttribute("aria-invalid");
  }
}
