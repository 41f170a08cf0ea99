// Reads the chart day by day, by pointer and arrow keys, and exchanges its span.
import { say } from "./exchange.js";

const SVG = "http://www.w3.org/2000/svg";
const STEPS = { ArrowLeft: -1, ArrowRight: 1, PageUp: -30, PageDown: 30, Home: -Infinity, End: Infinity };
const LIMIT = 10_000; // milliseconds for a picture
const DRAWN = "90d"; // the span of what the page brings
let drawn;

document.addEventListener("click", (event) => {
  const link = event.target.closest("#ranges a");
  if (!link || event.ctrlKey || event.metaKey || event.shiftKey) return;
  event.preventDefault();
  document.querySelector("#ranges a[aria-current]").removeAttribute("aria-current");
  link.setAttribute("aria-current", "true");
  document.getElementById("reading").textContent = "";
  draw(link);
});

export function followChart() {
  const plot = document.getElementById("plot");
  if (!plot || plot.dataset.followed) return;
  plot.dataset.followed = "yes";
  drawn = plot.firstElementChild;
  if (drawn?.matches("svg[data-points]")) followDays(plot, drawn);
  // A publication brings ninety days: who has chosen another span keeps it.
  const chosen = document.querySelector("#ranges a[aria-current]");
  if (chosen.dataset.range !== DRAWN) draw(chosen);
}

function followDays(plot, svg) {
  const days = svg.dataset.points.split(";").slice(0, -1).map((text) => text.split(","));
  const [left, top, width, height] = svg.dataset.plot.split(/[\s,]+/).map(Number);
  const cursor = document.createElementNS(SVG, "path");
  cursor.setAttribute("class", "chart-cursor");
  svg.append(cursor);
  let at = days.length - 1;

  const show = (day) => {
    at = Math.min(Math.max(day, 0), days.length - 1);
    const x = left + (at / (days.length - 1)) * width;
    cursor.setAttribute("d", `M${x} ${top}v${height}`);
    const text = reading(plot, svg.dataset.first, at, days[at]);
    document.getElementById("reading").textContent = text;
    return text;
  };
  // Who moves a pointer sees what it says: it is announced to those who press keys.
  plot.tabIndex = 0;
  plot.addEventListener("keydown", (event) => {
    if (!(event.key in STEPS) || !svg.isConnected) return;
    event.preventDefault();
    say(show(at + STEPS[event.key]));
  });
  plot.addEventListener("focus", () => svg.isConnected && show(at));
  svg.addEventListener("pointermove", (event) => {
    const place = new DOMPoint(event.clientX, event.clientY).matrixTransform(svg.getScreenCTM().inverse());
    show(Math.round(((place.x - left) / width) * (days.length - 1)));
  });
}

function reading(plot, first, at, [fix, inForce]) {
  const day = new Date(`${first}T00:00:00Z`);
  day.setUTCDate(day.getUTCDate() + at);
  const how = { timeZone: "UTC", dateStyle: "full" };
  const locale = document.documentElement.lang === "es" ? "es-MX" : "en-GB";
  const said = new Intl.DateTimeFormat(locale, how).format(day);
  return `${said}: FIX ${fix || "–"}, ${plot.dataset.inForce} ${inForce || "–"}`;
}

async function draw(link) {
  const plot = document.getElementById("plot");
  const shown = link.dataset.range === DRAWN ? drawn : await picture(plot, link);
  if (plot.isConnected && link.hasAttribute("aria-current")) plot.replaceChildren(shown);
}

// The picture as it is now: a browser shows what it has of an address in this page again, whatever
// was published since.
async function picture(plot, link) {
  const address = new URL(link.href);
  const dark = matchMedia("(prefers-color-scheme: dark)").matches;
  address.searchParams.set("theme", dark ? "dark" : "light");
  const image = new Image();
  image.alt = `${plot.getAttribute("aria-label")}, ${link.textContent}`;
  image.src = await dataOf(address);
  return image;
}

// What can't be fetched is left to the browser, which shows the name in words.
async function dataOf(address) {
  try {
    const response = await fetch(address, { cache: "no-cache", signal: AbortSignal.timeout(LIMIT) });
    if (response.ok) return `data:image/svg+xml,${encodeURIComponent(await response.text())}`;
  } catch {}
  return address.href;
}
