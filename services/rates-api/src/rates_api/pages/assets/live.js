// Keeps the page current: by the stream of changes, and by asking when something is due.
import { refreshPage } from "./fetching.js";

const STREAM = "/api/v1/stream";
const EVENTS = ["state", "change", "level", "reset"];
const SPREAD = 500; // all who listen hear of a change at once: they don't ask at once
const PATIENCE = 5_000; // of a cut that mends itself nothing is said
const FIRST_AGAIN = 250;
const LAST_AGAIN = 60_000;
const HOUR = 3_600_000;
const DAY = 24 * HOUR;
const TICK = 30_000;

let current = new Date(); // when what is shown was last known to be current
let wanted = ""; // the newest change that the stream has told of
let connected = false;
let failed = false; // the last attempt to fetch the page
let isSaid = false;
let heard, waiting, due, again;

const between = (least, most) => least + Math.random() * (most - least);
const isCurrent = () => connected && !failed && !isBehind();

export function stayCurrent() {
  connect();
  judge();
  planNext();
  watchClock();
  document.addEventListener("visibilitychange", () => {
    if (document.visibilityState === "visible") refresh();
  });
}

function connect() {
  const source = new EventSource(STREAM);
  for (const name of EVENTS) source.addEventListener(name, hear);
  source.addEventListener("open", () => {
    connected = true;
    judge();
  });
  source.addEventListener("error", () => {
    connected = false;
    // A browser comes back by itself after a cut, and never after a refusal, as by a full worker.
    const ended = source.readyState === EventSource.CLOSED;
    if (ended) setTimeout(connect, between(30_000, 90_000));
    if (ended) tell();
    else judge();
  });
}

function hear({ lastEventId }) {
  if (isCurrent()) current = new Date();
  wanted = lastEventId;
  clearTimeout(heard);
  heard = setTimeout(refresh, between(0, SPREAD));
}

async function refresh(wait = FIRST_AGAIN) {
  clearTimeout(again);
  note(await refreshPage(), wait);
}

// Takes what came of fetching the page. Until it has the change that is wanted it is fetched again:
// another worker or a cache may lag behind.
export function note(outcome, wait = FIRST_AGAIN) {
  if (outcome === "superseded") return;
  clearTimeout(again);
  failed = outcome === "failed";
  if (!failed && !isBehind()) current = new Date();
  judge();
  planNext();
  if (failed || isBehind()) again = setTimeout(refresh, wait, Math.min(2 * wait, LAST_AGAIN));
}

function isBehind() {
  const has = document.getElementById("main").dataset.position;
  if (!wanted || !has) return false;
  const [timeline, position] = has.split("-").map(Number);
  const [ofTimeline, ofPosition] = wanted.split("-").map(Number);
  return timeline < ofTimeline || (timeline === ofTimeline && position < ofPosition);
}

// Asks when the next FIX is due and when another day begins, not with everybody else, and at least
// each hour. A stream that is open changes nothing about that: it may have fallen silent.
function planNext() {
  clearTimeout(due);
  const next = document.getElementById("state-now")?.dataset.next;
  const left = next ? new Date(next) - Date.now() : 0;
  const delay = left > 0 ? left + between(5_000, 65_000) : between(30_000, 90_000);
  const midnight = untilMidnight() + between(5_000, 65_000);
  due = setTimeout(refresh, Math.min(delay, midnight, HOUR));
}

function untilMidnight() {
  const [hours, minutes, seconds] = clock(new Date(), { second: "2-digit" }).split(":").map(Number);
  return DAY - ((hours * 60 + minutes) * 60 + seconds) * 1_000;
}

// While a computer sleeps no timer runs: when it wakes, what was due may be long past.
function watchClock() {
  let before = Date.now();
  setInterval(() => {
    const jumped = Math.abs(Date.now() - before - TICK) > 2 * TICK;
    before = Date.now();
    if (jumped) refresh();
  }, TICK);
}

function judge() {
  if (isCurrent()) {
    clearTimeout(waiting);
    waiting = undefined;
    isSaid = false;
  } else if (!isSaid) waiting ??= setTimeout(tell, PATIENCE);
  write();
}

function tell() {
  clearTimeout(waiting);
  waiting = undefined;
  isSaid = true;
  write();
}

function write() {
  const line = document.getElementById("offline");
  const said = isSaid ? sinceWhen() : "";
  if (line.textContent !== said) line.textContent = said;
}

// Says since when nothing that is shown was known to be current, in Mexico City's time.
export function sinceWhen() {
  return document.getElementById("main").dataset.offline.replace("{at}", clock(current));
}

function clock(instant, more = {}) {
  const how = { hour: "2-digit", minute: "2-digit", hourCycle: "h23", ...more };
  const there = { timeZone: "America/Mexico_City", ...how };
  return new Intl.DateTimeFormat("es-MX", there).format(instant);
}
