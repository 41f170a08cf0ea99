"""The colours of a standalone chart: light, dark, or as the reader's system has it.

They are written out by class: programs that draw SVGs outside of browsers know no custom
properties. Text has a contrast of 4.5 to 1 and more, lines one of 3 to 1 (WCAG 2.2, 1.4.3, 1.4.11).
"""

import dataclasses
from typing import Literal

Theme = Literal["light", "dark", "auto"]
FONTS = "system-ui,-apple-system,'Segoe UI',Roboto,'Helvetica Neue',Arial,sans-serif"
NARROW_BELOW, LARGE_FROM = 560, 1080
"""Widths in pixels: below the one the narrow texts show, from the other on they are smaller."""


@dataclasses.dataclass(frozen=True)
class Palette:
    """Colours as `#rrggbb`: ground, text, secondary text, FIX, rate in force, what warns."""

    paper: str
    ink: str
    muted: str
    accent: str
    band: str
    alert: str


LIGHT = Palette("#ffffff", "#16202b", "#586472", "#00694a", "#8793a0", "#a3241d")
DARK = Palette("#12171d", "#e8ecf1", "#9fabb8", "#4fc7a0", "#6d7986", "#ff9a8f")


def stylesheet(theme: Theme) -> str:
    """Return the CSS of a standalone chart."""
    match theme:
        case "light":
            return LAYOUT + _colours(LIGHT)
        case "dark":
            return LAYOUT + _colours(DARK)
    return f"{LAYOUT}{_colours(LIGHT)}@media(prefers-color-scheme:dark){{{_colours(DARK)}}}"


LAYOUT = (
    f"svg{{font-family:{FONTS};font-variant-numeric:tabular-nums lining-nums}}"
    f"@media(max-width:{NARROW_BELOW - 1}px)"
    "{.chart-wide{display:none}.chart-narrow{display:inline}}"
    f"@media(min-width:{LARGE_FROM}px){{.chart-wide{{font-size:10px}}}}"
)


def _colours(palette: Palette) -> str:
    return (
        f"svg{{color:{palette.ink};background:{palette.paper}}}"
        f".chart-ground{{fill:{palette.paper}}}"
        f".chart-mark{{fill:{palette.paper};stroke:{palette.accent}}}"
        f".chart-line-fix{{stroke:{palette.accent}}}.chart-fix{{fill:{palette.accent}}}"
        f".chart-line-in-force{{stroke:{palette.band};stroke-opacity:1}}"
        f".chart-muted{{fill:{palette.muted}}}.chart-axis{{stroke:{palette.muted}}}"
        f".chart-simulated{{fill:{palette.alert}}}"
    )
