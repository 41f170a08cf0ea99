// Keeps the page current: by the stream of changes, without it by asking when a FIX is due.
import { fetchPage } from "./fetching.js";

const STREAM = "/api/v1/stream";
const EVENTS = ["state", "change", "level", "reset"];
const SPREAD = 500; // all who listen hear of a change at once: they don't ask at once
const PATIENCE = 5_000; // of a cut that mends itself nothing is said
const FIRST_AGAIN = 250;
const LAST_AGAIN = 60_000;

let current = new Date(); // when what is shown was last known to be current
let wanted = ""; // the newest change that the stream has told of
let connected = false;
let heard, waiting, due, again;

const between = (least, most) => least + Math.random() * (most - least);

export function stayCurrent() {
  connect();
  planNext();
  document.addEventListener("visibilitychange", () => {
    if (document.visibilityState === "visible") refresh();
  });
}

function connect() {
  const source = new EventSource(STREAM);
  for (const name of EVENTS) source.addEventListener(name, hear);
  source.addEventListener("open", () => {
    connected = true;
    clearTimeout(waiting);
    tell();
  });
  source.addEventListener("error", () => {
    if (connected) current = new Date();
    connected = false;
    clearTimeout(waiting);
    // A browser comes back by itself after a cut, and never after a refusal, as by a full worker.
    const ended = source.readyState === EventSource.CLOSED;
    if (ended) setTimeout(connect, between(30_000, 90_000));
    waiting = setTimeout(tell, ended ? 0 : PATIENCE);
  });
}

function hear({ lastEventId }) {
  wanted = lastEventId;
  clearTimeout(heard);
  heard = setTimeout(refresh, between(0, SPREAD));
}

// Fetches the page until it has the change that is wanted: another worker or a cache may lag behind.
async function refresh(wait = FIRST_AGAIN) {
  clearTimeout(again);
  const answered = await fetchPage();
  if (answered) current = new Date();
  tell();
  planNext();
  if (!answered || isBehind()) {
    again = setTimeout(() => refresh(Math.min(2 * wait, LAST_AGAIN)), wait);
  }
}

function isBehind() {
  const has = document.getElementById("main").dataset.position;
  if (!wanted || !has) return false;
  const [timeline, position] = has.split("-").map(Number);
  const [ofTimeline, ofPosition] = wanted.split("-").map(Number);
  return timeline < ofTimeline || (timeline === ofTimeline && position < ofPosition);
}

// Without a stream: asks when the next FIX is due, not with everybody else; then again and again.
function planNext() {
  clearTimeout(due);
  const next = document.getElementById("state-now")?.dataset.next;
  const left = next ? Math.max(0, new Date(next) - Date.now()) : 0;
  const delay = left > 0 ? left + between(5_000, 65_000) : between(30_000, 90_000);
  due = setTimeout(() => (connected ? planNext() : refresh()), Math.min(delay, 3_600_000));
}

function tell() {
  const line = document.getElementById("offline");
  const text = connected ? "" : document.getElementById("main").dataset.offline;
  const said = text.replace("{at}", clock(current));
  if (line.textContent !== said) line.textContent = said;
}

function clock(instant) {
  const how = { timeZone: "America/Mexico_City", hour: "2-digit", minute: "2-digit", hourCycle: "h23" };
  return new Intl.DateTimeFormat("es-MX", how).format(instant);
}
