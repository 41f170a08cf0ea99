"""A CSV file as a spreadsheet of a Mexican office has written it, and the same with more columns.

Encoding, separator, line ends, quotes and every character of the rows stay as they are: new cells
are put behind. So the file opens where the first one did.

    SpreadsheetUnreadable     it is no CSV with the column asked for
"""

import codecs
import csv
import io
import re
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from usdmxn.cli.language import Language, Text

SEPARATORS = ",;\t|"
BYTE_ORDER_MARKS = {
    codecs.BOM_UTF8: "utf-8",
    codecs.BOM_UTF16_LE: "utf-16-le",
    codecs.BOM_UTF16_BE: "utf-16-be",
}
"""Excel's CSV UTF-8 has the first, its Unicode text the second."""
MARK = "\ufeff"
"""Any of them, decoded: it stays in the preamble, so that it is written again."""
FORMULA = ("=", "+", "-", "@")
"""What spreadsheets take for the beginning of one."""
WINDOWS = "cp1252"
"""What Excel on Windows writes in Mexico where it is not asked for UTF-8."""

NO_TEXT = Text(
    "no es un archivo de texto: guárdelo como CSV desde su hoja de cálculo",
    "is no text: save it as CSV from the spreadsheet",
)
EMPTY = Text("está vacío", "is empty")
NO_COLUMN = Text(
    "no tiene la columna «{column}»; tiene: {columns}",
    'has no column "{column}"; it has: {columns}',
)
TWO_COLUMNS = Text(
    "tiene la columna «{column}» más de una vez", 'has the column "{column}" more than once'
)
TAKEN = Text(
    "ya tiene la columna «{column}», que se iba a agregar: quítela o parta del archivo original",
    'has the column "{column}" already, which was to be added: remove it or use the original file',
)
OPEN_QUOTE = Text(
    "tiene comillas que se abren en el renglón {line} y no se cierran",
    "has a quote that opens on line {line} and is not closed",
)


class SpreadsheetUnreadable(ValueError):
    """A file can't be used; `text` says why, after the file's name."""

    def __init__(self, text: Text, **values: str | int) -> None:
        """Refuse the file."""
        super().__init__(text.en)
        self.text, self.values = text, values

    def sentence(self, lang: Language) -> str:
        """Return the reason, in a language."""
        return self.text.to(lang, **self.values)


@dataclass(frozen=True)
class Record:
    """A row: its text as written, line end included, and its cells."""

    text: str
    cells: tuple[str, ...]

    @property
    def line_end(self) -> str:
        """The characters that end the row, none in a last row without them."""
        return self.text[len(self.text.rstrip("\r\n")) :]


@dataclass(frozen=True)
class Spreadsheet:
    """A file: how it is written, what precedes the header (`sep=;`), where the column is."""

    encoding: str
    separator: str
    preamble: str
    header: Record
    rows: tuple[Record, ...]
    column: int

    def written(self, row: Record) -> str | None:
        """Return what a row has in the column; None for a row without any cell."""
        if not any(row.cells):
            return None
        return row.cells[self.column] if self.column < len(row.cells) else ""

    def extended(self, names: Sequence[str], added: Sequence[Sequence[str]]) -> bytes:
        """Return the file with columns `names`, and `added` in its rows in their order.

        A row for which nothing is added stays as it is.
        """
        width = max(len(record.cells) for record in (self.header, *self.rows))
        records = zip((self.header, *self.rows), (names, *added), strict=True)
        lines = (self._line(record, cells, width) for record, cells in records)
        return (self.preamble + "".join(lines)).encode(self.encoding, errors="replace")

    def _line(self, record: Record, cells: Sequence[str], width: int) -> str:
        if not cells:
            return record.text
        text = record.text.rstrip("\r\n") + self.separator * (width - len(record.cells))
        quoted = (self._quoted(cell) for cell in cells)
        line_end = record.line_end or self.header.line_end or "\n"
        return self.separator.join((text, *quoted)) + line_end

    def _quoted(self, cell: str) -> str:
        """Return an added cell as it is written: never a formula, whatever a server has said."""
        if cell.startswith(FORMULA):
            cell = f"'{cell}"
        if not any(mark in cell for mark in (self.separator, '"', "\r", "\n")):
            return cell
        return '"' + cell.replace('"', '""') + '"'


def read_spreadsheet(content: bytes, column: str) -> Spreadsheet:
    """Return the file with the place of `column`, by the header in its first row.

    Letter case, accents and blanks around a name don't count where no name is the very same.
    Raises `SpreadsheetUnreadable`.
    """
    encoding = _encoding(content)
    text = content.decode(encoding)
    preamble = _preamble(text)
    body = text[len(preamble) :]
    if not body.strip():
        raise SpreadsheetUnreadable(EMPTY)
    separator = preamble.rstrip("\r\n")[-1:].strip(MARK) or _separator(body, column)
    header, *rows = _records(body, separator)
    return Spreadsheet(
        encoding, separator, preamble, header, tuple(rows), _place(header.cells, column)
    )


def refuse_taken(spreadsheet: Spreadsheet, names: Sequence[str]) -> None:
    """Raise `SpreadsheetUnreadable` if a column is there that is to be added."""
    present = {_plain(name) for name in spreadsheet.header.cells}
    for name in names:
        if _plain(name) in present:
            raise SpreadsheetUnreadable(TAKEN, column=name)


def _encoding(content: bytes) -> str:
    for mark, encoding in BYTE_ORDER_MARKS.items():
        if content.startswith(mark):
            return _decodable(content, encoding)
    if b"\0" in content:
        raise SpreadsheetUnreadable(NO_TEXT)
    try:
        return _decodable(content, "utf-8")
    except SpreadsheetUnreadable:
        return _decodable(content, WINDOWS)


def _decodable(content: bytes, encoding: str) -> str:
    try:
        content.decode(encoding)
    except UnicodeDecodeError as error:
        raise SpreadsheetUnreadable(NO_TEXT) from error
    return encoding


def _preamble(text: str) -> str:
    """Return a byte order mark, and the line by which a program tells Excel the separator."""
    mark = MARK if text.startswith(MARK) else ""
    first = next(io.StringIO(text.removeprefix(MARK), newline=""), "")
    return mark + (first if re.fullmatch(r"sep=[^\r\n]\s*", first) else "")


def _separator(body: str, column: str) -> str:
    """Return the separator that gives the column, among those the one with most columns."""
    header = next(io.StringIO(body, newline="")).rstrip("\r\n")
    widths = {mark: next(csv.reader([header], delimiter=mark)) for mark in SEPARATORS}
    wanted = _plain(column)
    fitting = [mark for mark, names in widths.items() if wanted in map(_plain, names)]
    return max(fitting or SEPARATORS, key=lambda mark: len(widths[mark]))


def _records(body: str, separator: str) -> Iterator[Record]:
    lines = list(io.StringIO(body, newline=""))
    reader = csv.reader(lines, delimiter=separator)
    start = 0
    try:
        for cells in reader:
            text = "".join(lines[start : reader.line_num])
            if reader.line_num == len(lines) and _is_open(text, separator):
                raise SpreadsheetUnreadable(OPEN_QUOTE, line=start + 1)
            start = reader.line_num
            yield Record(text, tuple(cells))
    except csv.Error as error:  # a cell of more than 131,072 characters: a quote took in the rest
        raise SpreadsheetUnreadable(OPEN_QUOTE, line=start + 1) from error


def _is_open(text: str, separator: str) -> bool:
    """Tell whether the last row's quote is not closed: it would take in a row after it."""
    longer = io.StringIO(text.rstrip("\r\n") + "\nx", newline="")
    return len(list(csv.reader(longer, delimiter=separator))) < 2


def _place(names: Sequence[str], column: str) -> int:
    for alike in (str, _plain):
        places = [place for place, name in enumerate(names) if alike(name) == alike(column)]
        if len(places) > 1:
            raise SpreadsheetUnreadable(TWO_COLUMNS, column=column)
        if places:
            return places[0]
    raise SpreadsheetUnreadable(NO_COLUMN, column=column, columns=", ".join(names))


def _plain(name: str) -> str:
    """Return a name without what people write in more than one way."""
    letters = unicodedata.normalize("NFKD", name.strip().casefold())
    return "".join(letter for letter in letters if not unicodedata.combining(letter))
