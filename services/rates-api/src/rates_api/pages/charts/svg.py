"""SVG elements with presentation attributes alone, and their text: a page's policy blocks `style`.

What draws itself in the text's colour needs no CSS to be seen, and CSS colours it by its class.
"""

from xml.etree.ElementTree import Element, SubElement, tostring

Coordinates = tuple[float, float]
"""A point of a drawing: x, y, in units of its `viewBox`, from the top left corner."""
NAMESPACE = "http://www.w3.org/2000/svg"


def image(name: str, size: Coordinates, title: str, description: str, **attributes: str) -> Element:
    """Return an empty drawing with its name and description in words; `name` is unique in a page.

    Its title and its description are elements of their own, named `<name>-title` and `<name>-desc`.
    """
    root = Element(
        "svg",
        {
            "viewBox": f"0 0 {size[0]:g} {size[1]:g}",
            "role": "img",
            "aria-labelledby": f"{name}-title",
            "aria-describedby": f"{name}-desc",
            "fill": "currentColor",
            **attributes,
        },
    )
    SubElement(root, "title", id=f"{name}-title").text = title
    SubElement(root, "desc", id=f"{name}-desc").text = description
    return root


def line(parent: Element, name: str, data: str, width: str, **attributes: str) -> None:
    """Draw the path `data` as a line of class `name`, whose width does not scale with the chart.

    Names of `attributes` have `_` for `-`.
    """
    attributes = {"class": name, "d": data, **_outlined(width), **_named(attributes)}
    SubElement(parent, "path", attributes)


def ring(parent: Element, name: str, centre: Coordinates, radius: float) -> None:
    """Draw a circle of class `name` as a line."""
    SubElement(
        parent,
        "circle",
        {
            "class": name,
            "cx": number(centre[0]),
            "cy": number(centre[1]),
            "r": number(radius),
            **_outlined("1.5"),
        },
    )


def dot(parent: Element, name: str, centre: Coordinates, radius: float) -> None:
    """Draw a filled circle of class `name`."""
    x, y = map(number, centre)
    SubElement(parent, "circle", {"class": name, "cx": x, "cy": y, "r": number(radius)})


def text(parent: Element, name: str, place: Coordinates, content: str, **attributes: str) -> None:
    """Write `content` with class `name` on the base line at `place`; `_` stands for `-`."""
    coordinates = {"class": name, "x": number(place[0]), "y": number(place[1])}
    SubElement(parent, "text", {**coordinates, **_named(attributes)}).text = content


def number(value: float) -> str:
    """Return a coordinate with at most one decimal."""
    return f"{round(value, 1):g}"


def written(root: Element) -> str:
    """Return the text of an element, as it is both in HTML and, with a namespace, in XML."""
    found: str = tostring(root, encoding="unicode")
    return found


def _outlined(width: str) -> dict[str, str]:
    return {
        "fill": "none",
        "stroke": "currentColor",
        "stroke-width": width,
        "vector-effect": "non-scaling-stroke",
    }


def _named(attributes: dict[str, str]) -> dict[str, str]:
    return {name.replace("_", "-"): value for name, value in attributes.items()}
