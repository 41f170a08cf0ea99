"""Files of Mexican offices are read, and written again as they were with cells behind."""

import pytest

from usdmxn.cli.spreadsheet import SpreadsheetUnreadable, read_spreadsheet, refuse_taken

TEXT = 'Folio,Fecha,Cliente\r\nA-1,16/08/2026,"Peña, S.A."\r\n,,\r\nA-2,2026-08-17,Ñandú\r\n'
ADDED = [("17.0530",), (), ("17,1",)]


def extended(content: bytes, column: str = "fecha") -> bytes:
    """Return the file with a column more."""
    return read_spreadsheet(content, column).extended(("tc",), ADDED)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1252", "utf-16"])
def test_rows_stay_as_they_are_in_every_encoding(encoding: str) -> None:
    """UTF-8, with a byte order mark or without, Windows' letters, Excel's Unicode text."""
    expected = (
        'Folio,Fecha,Cliente,tc\r\nA-1,16/08/2026,"Peña, S.A.",17.0530\r\n,,\r\n'
        'A-2,2026-08-17,Ñandú,"17,1"\r\n'
    )
    assert extended(TEXT.encode(encoding)) == expected.encode(encoding)


@pytest.mark.parametrize("separator", [";", "\t", "|"])
@pytest.mark.parametrize("line_end", ["\r\n", "\n", "\r"])
def test_separator_and_line_ends_stay(separator: str, line_end: str) -> None:
    """The separator is the one that makes the column; a last line without an end gets one."""
    rows = [["Fecha", "Nota, larga"], ["16/08/2026", "a,b"], ["", ""], ["17/08/2026", "c"]]
    content = line_end.join(separator.join(row) for row in rows).encode()
    lines = extended(content).decode().split(line_end)
    assert lines[0] == separator.join(["Fecha", "Nota, larga", "tc"])
    assert lines[1] == separator.join(["16/08/2026", "a,b", "17.0530"])
    assert lines[2] == separator
    assert lines[3:] == [separator.join(["17/08/2026", "c", "17,1"]), ""]


def test_excels_line_with_the_separator_stays() -> None:
    """`sep=;` is no header."""
    content = b"sep=;\r\nfecha;x\r\n16/08/2026;1\r\n;\r\n17/08/2026;2\r\n"
    assert extended(content).startswith(b"sep=;\r\nfecha;x;tc\r\n16/08/2026;1;17.0530\r\n")


def test_a_quoted_cell_may_have_line_ends() -> None:
    """A row may take several lines; short rows are filled up so that columns stay aligned."""
    content = b'fecha,nota,c\n16/08/2026,"dos\nrenglones",x\n,\n17/08/2026\n'
    expected = b'fecha,nota,c,tc\n16/08/2026,"dos\nrenglones",x,17.0530\n,\n17/08/2026,,,"17,1"\n'
    assert extended(content) == expected


@pytest.mark.parametrize("column", ["Fecha Emisión", "fecha emision", " FECHA EMISIÓN "])
def test_a_column_is_found_whatever_its_case_and_accents(column: str) -> None:
    """As people type it."""
    spreadsheet = read_spreadsheet("a,Fecha Emisión\n1,16/08/2026\n".encode(), column)
    assert spreadsheet.column == 1


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "está vacío"),
        (b"\xef\xbb\xbf\r\n", "está vacío"),
        (b"a,b\n1,2\n", "no tiene la columna «fecha»; tiene: a, b"),
        (b"fecha,FECHA \n1,2\n", "más de una vez"),
        (b"PK\x03\x04\x00\x00", "no es un archivo de texto"),
        (b'fecha,x\n16/08/2026,"abierta\n17/08/2026,1\n', "renglón 2"),
    ],
)
def test_what_can_not_be_used_is_refused_with_the_reason(content: bytes, reason: str) -> None:
    """No row is lost silently: a quote that is never closed would swallow the rest."""
    with pytest.raises(SpreadsheetUnreadable) as refused:
        read_spreadsheet(content, "Fecha " if "FECHA" in content.decode("latin-1") else "fecha")
    assert reason in refused.value.sentence("es")


def test_a_column_that_is_there_already_is_not_added_again() -> None:
    """The output of one run is no input of the next."""
    with pytest.raises(SpreadsheetUnreadable):
        refuse_taken(read_spreadsheet(b"fecha,TC\n", "fecha"), ["tc"])


def test_a_quote_within_a_cell_is_a_letter_like_any_other() -> None:
    """Of the last row, too: only one that begins a cell can be left open."""
    content = b'nota,fecha\nTubo 5" pvc,16/08/2026\nTubo 3" pvc,17/08/2026\n'
    rows = read_spreadsheet(content, "fecha").rows
    assert [row.cells[0] for row in rows] == ['Tubo 5" pvc', 'Tubo 3" pvc']


@pytest.mark.parametrize(
    ("cell", "written"),
    [("a\r\nb", '"a\r\nb"'), ("=1+1", "'=1+1"), ("@SUM(A1)", "'@SUM(A1)"), ("a;b", "a;b")],
)
def test_what_is_added_stays_one_cell_and_no_formula(cell: str, written: str) -> None:
    """Whatever a server or a cell of the file has brought into a sentence."""
    spreadsheet = read_spreadsheet(b"fecha\n16/08/2026\n", "fecha")
    assert spreadsheet.extended(("tc",), [(cell,)]).decode() == f"fecha,tc\n16/08/2026,{written}\n"
