// Reads the chart day by day, by pointer and arrow keys, and exchanges its span.
const SVG = "http://www.w3.org/2000/svg";
const STEPS = { ArrowLeft: -1, ArrowRight: 1, PageUp: -30, PageDown: 30, Home: -Infinity, End: Infinity };

export function followChart() {
  const plot = document.getElementById("plot");
  if (!plot || plot.dataset.followed) return;
  plot.dataset.followed = "yes";
  followRanges(plot);
  const svg = plot.querySelector("svg[data-points]");
  if (svg) followDays(plot, svg);
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
    document.getElementById("reading").textContent = reading(plot, svg.dataset.first, at, days[at]);
  };
  plot.tabIndex = 0;
  plot.addEventListener("keydown", (event) => {
    if (!(event.key in STEPS) || !svg.isConnected) return;
    event.preventDefault();
    show(at + STEPS[event.key]);
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

function followRanges(plot) {
  const drawn = plot.firstElementChild;
  const links = [...document.querySelectorAll("#ranges a")];
  for (const link of links) {
    link.addEventListener("click", (event) => {
      event.preventDefault();
      for (const each of links) each.removeAttribute("aria-current");
      link.setAttribute("aria-current", "true");
      document.getElementById("reading").textContent = "";
      plot.replaceChildren(link.dataset.range === "90d" ? drawn : picture(plot, link));
    });
  }
}

function picture(plot, link) {
  const image = new Image();
  const address = new URL(link.href);
  const dark = matchMedia("(prefers-color-scheme: dark)").matches;
  address.searchParams.set("theme", dark ? "dark" : "light");
  image.src = address.href;
  image.alt = `${plot.getAttribute("aria-label")}, ${link.textContent}`;
  return image;
}
