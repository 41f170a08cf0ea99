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
  const refocus = heldFocus();
  remember(take(next));
  for (const listener of listeners) listener();
  refocus();
  announce(told);
}

function take(next) {
  if (!isWhole(main()) || !isWhole(next)) {
    main().replaceWith(document.adoptNode(next));
    return next;
  }
  for (const fresh of parts(next)) {
    if (rendered.get(fresh.id) !== fresh.innerHTML) renew(document.getElementById(fresh.id), fresh);
  }
  renewDefaults(next);
  for (const [name, text] of Object.entries(next.dataset)) main().dataset[name] = text;
  return next;
}

function renew(stale, fresh) {
  const open = [...stale.querySelectorAll("details[open]")].map((each) => each.id);
  for (const { name, value } of fresh.attributes) stale.setAttribute(name, value);
  stale.replaceChildren(...fresh.cloneNode(true).childNodes);
  for (const id of open) document.getElementById(id)?.setAttribute("open", "");
}

// Returns what gives the focus back to where it was, or near it. It is for after the listeners: only
// they show what can have it.
function heldFocus() {
  const held = document.activeElement;
  const part = held.closest("[data-live]");
  const place = part ? focusable(part).indexOf(held) : -1;
  return () => {
    if (held.isConnected || held === document.body) return;
    const near = part?.isConnected ? (focusable(part)[place] ?? focusable(part)[0]) : null;
    (named(held) ?? near ?? container(part))?.focus({ preventScroll: true });
  };
}

function named({ id, dataset }) {
  if (id) return document.getElementById(id);
  return dataset.focus ? document.querySelector(`[data-focus="${CSS.escape(dataset.focus)}"]`) : null;
}

function container(part) {
  const place = part?.isConnected ? part : main();
  place.tabIndex = -1;
  return place;
}

const FOCUSABLE = "a[href], button:not([hidden]), summary, [tabindex]";
const focusable = (root) => [...root.querySelectorAll(FOCUSABLE)];

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
  if (news.length) say(news.join(". "));
}

export function say(text) {
  document.getElementById("announced").textContent = text;
}

remember(main());
