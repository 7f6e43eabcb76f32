"""Runs apart: one sheet of a workbook becomes a CSV, with limits on memory and processor time (no Django here)."""

import csv
import json
import resource
import sys
from datetime import date, datetime, time, timedelta

MEMORY, SECONDS = 3 << 30, 150
MOST_COLUMNS = 2_000


def text_of(cell):
    """A cell as text: whole numbers without a point, days in ISO, line breaks as spaces."""
    if isinstance(cell, str):
        return cell.replace("\r", " ").replace("\n", " ")
    if isinstance(cell, bool):
        return "TRUE" if cell else "FALSE"
    if isinstance(cell, float):
        return str(int(cell)) if cell.is_integer() and abs(cell) < 1e15 else repr(cell).replace("e", "E")
    if isinstance(cell, datetime):
        return cell.strftime("%Y-%m-%d" if cell.time() == time() else "%Y-%m-%d %H:%M:%S")
    if isinstance(cell, date):
        return cell.isoformat()
    return str(cell) if isinstance(cell, time | timedelta) else "" if cell is None else str(cell)


def answer(**found):
    """The one document on standard output."""
    json.dump(found, sys.stdout)
    sys.exit(0)


def main(path, target, wanted):
    """Choose the sheet, then write its rows: line n of the CSV is row n of the sheet."""
    import python_calamine as calamine

    book = calamine.load_workbook(path)
    visible = [m.name for m in book.sheets_metadata if m.visible == calamine.SheetVisibleEnum.Visible
               and m.typ == calamine.SheetTypeEnum.WorkSheet]  # fmt: skip
    if wanted and wanted not in visible:
        answer(code="sheet_unknown", names=visible)
    filled, sheet = [], None
    for name in [wanted] if wanted else visible:
        found = book.get_sheet_by_name(name)
        if found.height and found.width:
            filled.append(name)
            sheet = sheet or found
    if not filled:
        answer(code="empty")
    if len(filled) > 1:
        answer(code="sheet_choice", names=filled)
    with open(target, "w", encoding="utf-8", errors="surrogatepass", newline="") as file:
        writer = csv.writer(file, lineterminator="\n", quoting=csv.QUOTE_MINIMAL)
        for row in sheet.iter_rows():
            cells = [text_of(cell) for cell in row[:MOST_COLUMNS]]
            writer.writerow(cells) if any(cells) else file.write("\n")
    answer(sheets=filled, names=visible)


if __name__ == "__main__":
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    resource.setrlimit(resource.RLIMIT_CPU, (SECONDS, SECONDS))
    try:
        main(*sys.argv[1:4])
    except MemoryError:
        answer(code="memory")
    except SystemExit:
        raise
    except BaseException as error:  # calamine's own panics are no Exception
        answer(code="zip_damaged", detail=repr(error)[:200])
