// Exchanges the parts of the page that another rendering of it has otherwise.
// The service renders, always: here nothing is computed. Forms and what is typed in them stay.
const listeners = [];
const rendered = new Map();

export function onExchange(listener) {
  listeners.push(listener);
}

const main = () => document.getElementById("main");
const parts = (root) => root.querySelectorAll("[data-live]");
const isWhole = (root) => root.querySelector("#in-force") !== null;

// Scripts decorate the parts: only what was rendered can be compared with what is rendered later.
function remember(root) {
  rendered.clear();
  for (const part of parts(root)) rendered.set(part.id, part.innerHTML);
}

// Empties a part until the next rendering, even where that has nothing new of it.
export function clear(part) {
  rendered.delete(part.id);
  part.replaceChildren();
}

// Takes the rendering `html` of this page; says what is new of what the page is about.
export function exchange(html) {
  const next = new DOMParser().parseFromString(html, "text/html").getElementById("main");
  if (next === null) return;
  const told = announcements();
  if (isWhole(main()) && isWhole(next)) {
    for (const fresh of parts(next)) {
      const stale = document.getElementById(fresh.id);
      if (rendered.get(fresh.id) !== fresh.innerHTML) renew(stale, fresh);
    }
    renewDefaults(next);
    for (const [name, text] of Object.entries(next.dataset)) main().dataset[name] = text;
  } else {
    main().replaceWith(document.adoptNode(next));
  }
  remember(next);
  for (const listener of listeners) listener();
  announce(told);
}

function renew(stale, fresh) {
  const place = focusable(stale).indexOf(document.activeElement);
  const open = [...stale.querySelectorAll("details[open]")].map((each) => each.id);
  for (const { name, value } of fresh.attributes) stale.setAttribute(name, value);
  stale.replaceChildren(...fresh.cloneNode(true).childNodes);
  for (const id of open) document.getElementById(id)?.setAttribute("open", "");
  if (place >= 0) focusable(stale)[place]?.focus();
}

const focusable = (root) => [...root.querySelectorAll("a, button, summary, [tabindex]")];

// A field that nobody has changed follows the page: its day, at midnight or by the other form.
function renewDefaults(next) {
  for (const field of main().querySelectorAll("input")) {
    const fresh = next.querySelector(`#${field.id}`);
    const untouched = field.value === field.defaultValue && field !== document.activeElement;
    field.defaultValue = fresh.defaultValue;
    if (untouched) field.value = fresh.defaultValue;
  }
}

function announcements() {
  const found = document.querySelectorAll("[data-announce]");
  return new Set([...found].map((each) => each.dataset.announce));
}

function announce(told) {
  const news = [...announcements()].filter((text) => !told.has(text));
  if (news.length && told.size) say(main().dataset.newValue.replace("{value}", news.join("; ")));
}

export function say(text) {
  document.getElementById("announced").textContent = text;
}

remember(main());
