"""Write a table of texts as an XLSX workbook with one sheet, every cell as text, so that no digit changes."""

from __future__ import annotations

import zipfile
from typing import BinaryIO

import polars as pl

_MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
_RELATIONS = "http://schemas.openxmlformats.org/package/2006/relationships"
_DOCUMENT = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_TYPES = "application/vnd.openxmlformats-officedocument.spreadsheetml"
_PARTS = {
    "[Content_Types].xml": '<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">'
    '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
    f'<Override PartName="/xl/workbook.xml" ContentType="{_TYPES}.sheet.main+xml"/>'
    f'<Override PartName="/xl/worksheets/sheet1.xml" ContentType="{_TYPES}.worksheet+xml"/></Types>',
    "_rels/.rels": f'<Relationships xmlns="{_RELATIONS}"><Relationship Id="rId1" '
    f'Type="{_DOCUMENT}/officeDocument" Target="xl/workbook.xml"/></Relationships>',
    "xl/workbook.xml": f'<workbook xmlns="{_MAIN}" xmlns:r="{_DOCUMENT}"><sheets>'
    '<sheet name="parcels" sheetId="1" r:id="rId1"/></sheets></workbook>',
    "xl/_rels/workbook.xml.rels": f'<Relationships xmlns="{_RELATIONS}"><Relationship Id="rId1" '
    f'Type="{_DOCUMENT}/worksheet" Target="worksheets/sheet1.xml"/></Relationships>',
}
_XML = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
_ESCAPES = {"&": "&amp;", "<": "&lt;", ">": "&gt;"}


def write_xlsx(table: pl.DataFrame, file: BinaryIO) -> None:
    """Write a table; what is null is left out."""
    names = pl.DataFrame([table.columns], schema=[f"c{index}" for index in range(table.width)], orient="row")
    cells = table.rename(dict(zip(table.columns, names.columns, strict=True))).cast(pl.String)
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as package:
        for name, text in _PARTS.items():
            package.writestr(name, _XML + text)
        with package.open("xl/worksheets/sheet1.xml", "w") as sheet:
            sheet.write(f'{_XML}<worksheet xmlns="{_MAIN}"><sheetData>'.encode())
            for number, row in enumerate((*_rows(names), *_rows(cells)), start=1):
                sheet.write(f'<row r="{number}">{row}</row>'.encode())
            sheet.write(b"</sheetData></worksheet>")


def _rows(cells: pl.DataFrame) -> pl.Series:
    texts = [_cell(name) for name in cells.columns]
    return cells.select(pl.concat_str(texts)).to_series()


def _cell(name: str) -> pl.Expr:
    text = pl.col(name).str.replace_many(list(_ESCAPES), list(_ESCAPES.values()))
    inline = pl.concat_str(pl.lit('<c t="inlineStr"><is><t xml:space="preserve">'), text, pl.lit("</t></is></c>"))
    return pl.when(text.is_null()).then(pl.lit("<c/>")).otherwise(inline)
