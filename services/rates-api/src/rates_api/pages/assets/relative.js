// Says how far away an instant is: never in the HTML, which may be kept for minutes.
const MINUTE = 60_000;
const DAY = 1_440;
let ticking;

export function tellRelativeTimes() {
  clearInterval(ticking);
  tell();
  ticking = setInterval(tell, MINUTE / 2);
}

function tell() {
  for (const time of document.querySelectorAll("[data-relative]")) {
    const minutes = Math.round((new Date(time.dateTime) - Date.now()) / MINUTE);
    const before = document.documentElement.lang === "es" ? "en" : "in";
    time.textContent = minutes > 0 ? `(${before} ${span(minutes)})` : "";
  }
}

function span(minutes) {
  const parts = [
    [Math.floor(minutes / DAY), "d"],
    [Math.floor((minutes % DAY) / 60), "h"],
    [minutes % 60, "min"],
  ];
  const first = parts.findIndex(([count]) => count > 0);
  return parts
    .slice(first, first + 2)
    .filter(([count]) => count > 0)
    .map(([count, unit]) => `${count} ${unit}`)
    .join(" ");
}
