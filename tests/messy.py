"""Messy tables as laboratories hand them in: cases for the tests of the readers."""

import gzip
import io
from dataclasses import dataclass, field

import numpy as np
import openpyxl
import pandas as pd

ROLES = ("--value", "y", "--group", "arm", "--unit", "mouse")
HEADER = ["arm", "mouse", "y"]
_RNG = np.random.default_rng(5)
ROWS = [
    [arm, f"{arm[0]}{mouse}", f"{10 + mouse / 4 + (arm == 'drug') + _RNG.normal():.2f}"]
    for arm in ("placebo", "drug")
    for mouse in range(5)
    for _ in range(2)
]


@dataclass(frozen=True)
class Case:
    """Bytes of a file, the command's options, and what must come out."""

    content: bytes
    says: tuple = ()
    code: int = 2
    name: str = "data.csv"
    options: tuple = ROLES
    silent: tuple = field(default=())


def rows(**cells):
    """Copy the rows with some cells changed: rows(y={3: "x"}) changes row 5 of the file."""
    changed = [list(row) for row in ROWS]
    for column, at in cells.items():
        for i, cell in at.items():
            changed[i][HEADER.index(column)] = cell
    return changed


def text(body=None, header=None, sep=",", end="\n"):
    lines = [header or HEADER, *(ROWS if body is None else body)]
    return (end.join(sep.join(line) for line in lines) + end).encode()


def one(column, cell, at=3):
    """Return the table with one cell changed; the default is in row 5 of the file."""
    return text(rows(**{column: {at: cell}}))


def book(sheets):
    """Return a workbook: sheet name -> rows."""
    made = openpyxl.Workbook()
    made.remove(made.active)
    for name, lines in sheets.items():
        sheet = made.create_sheet(name)
        for line in lines:
            sheet.append(line)
    out = io.BytesIO()
    made.save(out)
    return out.getvalue()


def typed(body=None):
    """Return header and rows with numbers as numbers."""
    return [HEADER, *([a, m, float(y)] for a, m, y in (body or ROWS))]


def frame(body=None):
    return pd.DataFrame(typed(body)[1:], columns=HEADER)


def parquet():
    out = io.BytesIO()
    frame().to_parquet(out)
    return out.getvalue()


def feather():
    out = io.BytesIO()
    frame().to_feather(out)
    return out.getvalue()


def wide(sep=","):
    """Return a column per group, one of them shorter."""
    lines = ["placebo,low,high"]
    for i in range(6):
        cells = [f"{10 + (i * 7 % 5) / 3 + g:.2f}" if g < 2 or i < 4 else "" for g in range(3)]
        lines.append(",".join(cells))
    return ("\n".join(lines).replace(",", sep) + "\n").encode()


def replicates(names=("rep1", "rep2", "rep3")):
    lines = [",".join(["arm", "mouse", *names])]
    for i in range(10):
        arm = ("placebo", "drug")[i // 5]
        cells = [f"{10 + (i * 3 % 7) / 2 + r * 0.3 + i // 5:.1f}" for r in range(3)]
        lines.append(",".join([arm, f"m{i}", *cells]))
    return ("\n".join(lines) + "\n").encode()


NESTED = (
    b"control,,,drug,,\nm1,m2,m3,m4,m5,m6\n"
    b"1.0,2.1,1.6,3.0,2.4,3.3\n1.2,2.0,1.4,3.3,2.9,3.0\n1.1,1.9,,2.8,2.5,\n"
)
NO_ROLES = ()
GROUPED = [row[:1] + row[2:] for row in ROWS]

FILES = {
    "empty": Case(b"", ("data.csv is empty",)),
    "blank lines only": Case(b"\n\n  \n", ("is empty",)),
    "header only": Case(text([]), ("has a header and no rows",)),
    "UTF-8 BOM": Case(b"\xef\xbb\xbf" + text(), ("byte order mark", "drug - placebo"), 0),
    "UTF-16": Case(text().decode().encode("utf-16"), ("UTF-16", "drug - placebo"), 0),
    "UTF-16 without mark": Case(
        text().decode().encode("utf-16-le"), ("row 1", "UTF-16 without its mark", "UTF-8")
    ),
    "Latin-1": Case(
        one("mouse", "Mäuse").decode().encode("latin-1"),
        ("row 5", "not UTF-8", "Mäuse", "Save it as"),
    ),
    "semicolons": Case(text(sep=";"), ("separated by semicolons", "drug - placebo"), 0),
    "tabs in a csv": Case(text(sep="\t"), ("separated by tabs",), 0),
    "TSV": Case(text(sep="\t"), ("drug - placebo",), 0, "data.tsv", silent=("separated by",)),
    "commas in a txt": Case(text(), ("drug - placebo",), 0, "data.txt"),
    "sep= line": Case(b"sep=;\n" + text(sep=";"), ("states the separator",), 0),
    "spaces": Case(text(sep=" "), ("it seems that spaces do", "Save")),
    "too many cells": Case(
        text([*ROWS[:4], [*ROWS[4], "9"], *ROWS[5:]]), ("line 6", "4 cells", "header has 3")
    ),
    "too few cells": Case(text([*ROWS[:4], ROWS[4][:2], *ROWS[5:]]), ("line 6", "2 cells")),
    "decimal commas between commas": Case(
        text([[a, m, *y.split(".")] for a, m, y in ROWS]),
        ("line 2", "decimal commas", "--decimal ,"),
    ),
    "row names of R": Case(
        text([[f"r{i}", *row] for i, row in enumerate(ROWS)]), ("in every row", "row names")
    ),
    "title above the header": Case(b"Glucose of mice\n" + text(), ("is a title", "delete it")),
    "title beside blanks": Case(b"Glucose,,\n" + text(), ("'Glucose'", "delete it")),
    "comment above the header": Case(b"# a,b,c\n" + text(), ("comment", "delete it")),
    "open quote": Case(one("mouse", '"p1'), ("line 5", "quotation mark")),
    "NUL byte": Case(one("mouse", "p\0"), ("row 5", "NUL")),
    "Excel named csv": Case(book({"a": typed()}), ("Excel workbook", "Rename it")),
    "CSV named xlsx": Case(text(), ("not a workbook", "Rename it to .csv"), name="data.xlsx"),
    "workbook that is cut off": Case(
        b"PK\x03\x04rubbish", ("starts as a workbook", "damaged or cut off"), name="data.xlsx"
    ),
    "zip": Case(b"PK\x03\x04rubbish", ("zip archive", "unpack")),
    "PDF": Case(b"%PDF-1.7 rubbish", ("a PDF", "Readable are")),
    "web page": Case(b"<!DOCTYPE html><html>", ("a web page",)),
    "blank rows": Case(
        text([*ROWS[:3], ["", "", ""], ["", " ", ""], *ROWS[3:]]), ("2 blank rows are left out",), 0
    ),
    "blank lines": Case(text().replace(b"\nd", b"\n\nd", 1), ("1 blank row is left out",), 0),
    "blank rows do not shift the count": Case(
        text([*ROWS[:3], ["", "", ""], ["drug", "d9", "x"], *ROWS[3:]]), ("row 6", "'x'")
    ),
    "blank rows above": Case(b",,\n,,\n" + text(), ("header is row 3",), 0),
    "blank columns": Case(
        text([[*r, "", ""] for r in ROWS], [*HEADER, "", ""]), ("2 blank columns are left out",), 0
    ),
    "row of units": Case(text([["", "", "mg/dl"], *ROWS]), ("Row 2 holds units", "y in mg/dl"), 0),
    "full row of units": Case(
        text([["-", "-", "mg/dl"], *ROWS]), ("row 2", "'mg/dl'", "holds the units, delete it")
    ),
    "CR line ends": Case(text(end="\r"), ("CR alone", "drug - placebo"), 0),
    "CRLF line ends": Case(text(end="\r\n"), ("drug - placebo",), 0, silent=("CR ",)),
    "quoted newlines": Case(
        text([[a, f'"{m}\nx"', y] for a, m, y in ROWS]), ("drug - placebo",), 0
    ),
    "rows after quoted newlines": Case(
        text([[ROWS[0][0], '"p0\n"', ROWS[0][2]], ["drug", "d1", "x"], *ROWS]), ("row 4", "'x'")
    ),
    "gzip": Case(gzip.compress(text()), ("drug - placebo",), 0, "data.csv.gz"),
    "broken gzip": Case(gzip.compress(text())[:50], ("damaged or cut off",), name="data.csv.gz"),
    "not gzip": Case(text(), ("not packed",), 0, "data.csv.gz"),
    "Parquet": Case(parquet(), ("drug - placebo",), 0, "data.parquet"),
    "Feather": Case(feather(), ("drug - placebo",), 0, "data.feather"),
    "broken Parquet": Case(b"PAR1" + b"x" * 50, ("starts as Parquet", "damaged"), name="a.parquet"),
    "Excel": Case(book({"a": typed()}), ("drug - placebo",), 0, "data.xlsx"),
    "Excel with an empty sheet": Case(
        book({"a": typed(), "b": []}), ("Sheet 'a'",), 0, "data.xlsx"
    ),
    "Excel of two sheets": Case(
        book({"a": typed(), "notes": [["x"]]}),
        ("'a', 'notes'", "--sheet 'a'"),
        name="data.xlsx",
    ),
    "Excel sheet named": Case(
        book({"a": typed(), "notes": [["x"]]}),
        ("Sheet 'a'", "drug - placebo"),
        0,
        "data.xlsx",
        (*ROLES, "--sheet", "a"),
    ),
    "Excel of a sheet for each group": Case(
        book({"placebo": typed(), "drug": typed()}),
        ("'placebo', 'drug'", "--sheet 'placebo,drug' puts them below each other"),
        name="data.xlsx",
    ),
    "Excel of sheets with other columns": Case(
        book({"a": typed(), "notes": [["x"], ["y"]]}),
        ("where they have the same columns", "sheet 'notes' has x"),
        name="data.xlsx",
        options=(*ROLES, "--sheet", "a,notes"),
    ),
    "Excel sheet absent": Case(
        book({"data": typed()}),
        ("no sheet 'dat'", "Did you mean 'data'"),
        name="data.xlsx",
        options=(*ROLES, "--sheet", "dat"),
    ),
    "sheet of a CSV": Case(text(), ("no sheets",), options=(*ROLES, "--sheet", "a")),
    "Excel error cell": Case(
        book({"a": [*typed()[:4], ["drug", "d1", "#DIV/0!"], *typed()[4:]]}),
        ("cell C5", "row 5", "#DIV/0!", "Mend the formula"),
        name="data.xlsx",
    ),
    "Excel formula without result": Case(
        book({"a": [*typed(), ["drug", "d1", "=1+2"]]}),
        ("formula", "not stored"),
        name="data.xlsx",
    ),
    "Excel date in a value": Case(
        book({"a": [*typed(), ["drug", "d1", pd.Timestamp("2024-05-01").to_pydatetime()]]}),
        ("row 22", "'2024-05-01'", "date"),
        name="data.xlsx",
    ),
    "Excel true": Case(
        book({"a": [*typed(), ["drug", "d1", True]]}),
        ("row 22", "'TRUE'", "true/false"),
        name="data.xlsx",
    ),
}

COLUMNS = {
    "absent": Case(
        text(),
        ("no column 'mose'", "Did you mean 'mouse'"),
        options=("--value", "y", "--group", "arm", "--unit", "mose"),
    ),
    "no header": Case(text(ROWS[1:], ROWS[0]), ("first row holds readings",)),
    "not named": Case(text(), ("column for value", "columns: arm, mouse, y"), options=NO_ROLES),
    "twice": Case(
        text([[*r, r[1]] for r in ROWS], [*HEADER, "mouse"]),
        ("'mouse' occurs more than once", "2 and 4"),
    ),
    "numbers twice": Case(
        text([[*r, r[2]] for r in ROWS], [*HEADER, "y"]),
        ("same title are numbered: 'y_1', 'y_2'", "2 readings in each row"),
        0,
    ),
    "numbers twice that are two things": Case(
        text([[*r, "1"] for r in ROWS], [*HEADER, "y"]),
        (
            "'y_1', 'y_2' would be pooled as readings of one quantity",
            "do not look like it",
            "measured first and 'y_2' later, compare these at equal 'y_1': --value y_2",
        ),
    ),
    "spaces around names": Case(
        text(header=["arm ", " mouse", "y"]), ("Spaces in column names", "'arm', 'mouse'"), 0
    ),
    "differ in capitals": Case(
        text([[*r, "1"] for r in ROWS], [*HEADER, "Y"]),
        ("'y' and 'Y'", "each is taken as it is named"),
        0,
    ),
    "one column in two roles": Case(
        text(),
        ("'arm' is given as group and as unit",),
        options=("--value", "y", "--group", "arm", "--unit", "arm"),
    ),
    "no name": Case(
        text([["1", *r] for r in ROWS], ["", *HEADER]), ("called by their place: 'column 1'",), 0
    ),
    "a column per group": Case(
        wide(),
        ("every column is a group", "placebo (6), low (6), high (4)", "low - placebo"),
        0,
        options=NO_ROLES,
    ),
    "a column per group, stated": Case(
        wide(";"), ("every column is a group",), 0, options=("--wide", "groups", "--value", "y")
    ),
    "a column per group, roles of a long table": Case(
        wide(), ("no column 'y'", "--wide groups"), options=("--value", "y", "--group", "arm")
    ),
    "a column per group beside numbers of rows": Case(
        b"mouse,before,after\n1,2.5,3\n2,2.6,3.3\n3,2.9,3.1\n",
        ("'mouse' seems to number the rows", "--block"),
        options=("--wide", "groups"),
    ),
    "a column per group beside a block": Case(
        b"mouse,before,after\n1,2.5,3\n2,2.6,3.3\n3,2.9,3.1\n4,2.2,2.9\n",
        ("every column is a group", "compared within mouse"),
        0,
        options=("--wide", "groups", "--block", "mouse"),
    ),
    "a column per group beside text": Case(
        text(), ("'arm' does not hold numbers", "--unit or --block"), options=("--wide", "groups")
    ),
    "readings side by side": Case(
        replicates(),
        ("3 readings in each row", "rep1, rep2, rep3", "30 readings of rep"),
        0,
        options=("--group", "arm", "--unit", "mouse"),
    ),
    "readings side by side, named": Case(
        replicates(("am", "noon", "pm")),
        ("3 readings in each row", "am, noon, pm"),
        0,
        options=(
            *("--value", "am,noon,pm", "--group", "arm", "--unit", "mouse"),
            *("--wide", "replicates"),
        ),
    ),
    "readings side by side, stated": Case(
        replicates(("am", "noon", "pm")),
        ("Every row is taken as one unit", "am, noon, pm"),
        0,
        options=("--wide", "replicates", "--value", "am,noon,pm", "--group", "arm"),
    ),
    "one of the readings": Case(
        replicates(),
        ("Only rep1 is used", "--value rep1,rep2,rep3"),
        0,
        options=("--value", "rep1", "--group", "arm"),
    ),
    "text among readings": Case(
        replicates().replace(b"11.0", b"bad", 1),
        ("column 'rep", "row ", "'bad' is not a number"),
        options=("--value", "rep1,rep2,rep3", "--group", "arm", "--unit", "mouse"),
    ),
    "nested table of Prism": Case(
        NESTED, ("Two header rows", "control, drug", "drug - control"), 0, options=NO_ROLES
    ),
    "nested table of Prism with row titles": Case(
        b"\n".join(b"," + line for line in NESTED.splitlines()[:2])
        + b"\n"
        + b"\n".join(b"r," + line for line in NESTED.splitlines()[2:]),
        ("row titles is left out", "drug - control"),
        0,
        options=NO_ROLES,
    ),
    "nested table of Prism, reused labels": Case(
        NESTED.replace(b"m4,m5,m6", b"m1,m2,m3"), ("--relabel-units", "block"), options=NO_ROLES
    ),
    "nested table of Prism, labels that are blocks": Case(
        NESTED.replace(b"m4,m5,m6", b"m1,m2,m3"),
        ("drug - control", "compared within unit"),
        0,
        options=("--block", "unit"),
    ),
    "nested table of Prism, no unit names": Case(
        NESTED.replace(b"m1,m2,m3,m4,m5,m6\n", b""), ("no name", "second row"), options=NO_ROLES
    ),
    "unknown layout": Case(
        text(), ("there is no choice 'group'", "'groups'"), options=("--wide", "group")
    ),
}

COMMA = (*ROLES, "--decimal", ",")
POINT = (*ROLES, "--decimal", ".")
COMMAS = text([[a, m, y.replace(".", ",")] for a, m, y in ROWS], sep=";")
POINTS = text([[a, m, f"1.{100 + i}"] for i, (a, m, _) in enumerate(ROWS)], sep=";")
THOUSANDS = text([[a, m, f'"1,{100 + i}"'] for i, (a, m, y) in enumerate(ROWS)])

VALUES = {
    "empty": Case(
        text(rows(y={3: "", 4: "NA", 15: "n/a"})),
        ("3 of 20 rows have no y", "2 in placebo, 1 in drug", "p1 (1), p2 (1), d2 (1)"),
        0,
    ),
    "a unit all empty": Case(
        text(rows(y={2: "", 3: ""})), ("No value is left in mouse 'p1': not counted",), 0
    ),
    "all empty": Case(text([[a, m, ""] for a, m, _ in ROWS]), ("empty in every row",)),
    "infinite": Case(one("y", "inf"), ("'y', row 5", "infinite")),
    "too large": Case(one("y", "1e999"), ("row 5", "infinite")),
    "text": Case(one("y", "lost"), ("column 'y', row 5", "'lost' is not a number", "12.5")),
    "nothing but text": Case(
        text(), ("No cell of 'mouse'",), options=("--value", "mouse", "--group", "arm")
    ),
    "decimal comma": Case(one("y", '"1,5"'), ("row 5", "'1,5'", "--decimal ,")),
    "decimal comma everywhere": Case(COMMAS, ("row 2", "--decimal ,")),
    "decimal comma, stated": Case(COMMAS, ("drug - placebo",), 0, options=COMMA),
    "thousands": Case(THOUSANDS, ("row 2", "'1,100'", "--decimal .")),
    "thousands, stated": Case(
        THOUSANDS,
        ("In 20 cells of y a comma groups thousands", "'1,100'", "1100"),
        0,
        "a.csv",
        POINT,
    ),
    "points that may group thousands": Case(
        POINTS,
        ("column 'y', row 2", "1.100 is 1100 and 1.101 is 1101", "1.100 is 1.1", "--decimal ,"),
    ),
    "points that may group thousands, some above 999": Case(
        text(
            [
                [a, m, ("987", "1.213", "0", "n.d.", "950")[i % 5]]
                for i, (a, m, _) in enumerate(ROWS)
            ],
            sep="\t",
        ),
        ("column 'y', row 3", "1.213 is 1213", "1.213 is 1.213", "--decimal ,", "tabs"),
        options=(*ROLES, "--na", "n.d."),
    ),
    "points that may group thousands beside decimal commas": Case(
        text([[a, '"1,5"', f"1.{200 + i}"] for i, (a, _, _) in enumerate(ROWS)]),
        ("column 'y', row 2", "1.200 is 1200", "mouse has decimal commas"),
        options=("--value", "y", "--group", "arm"),
    ),
    "points that group thousands, stated": Case(
        POINTS, ("In 20 cells of y a point groups thousands", "1100"), 0, options=COMMA
    ),
    "three digits behind points, stated": Case(POINTS, ("drug - placebo",), 0, options=POINT),
    "three digits behind points, some below 1": Case(
        text([[a, m, f"{0.9 + i / 100:.3f}"] for i, (a, m, _) in enumerate(ROWS)], sep=";"),
        ("drug - placebo",),
        0,
    ),
    "three digits behind points, between commas": Case(
        text([[a, m, f"1.{100 + i}"] for i, (a, m, _) in enumerate(ROWS)]), ("drug - placebo",), 0
    ),
    "points beside stated commas": Case(
        COMMAS.replace(b",", b".", 1), ("row 2", "has a point"), options=COMMA
    ),
    "unknown decimal mark": Case(text(), ("decimal", "','"), options=(*ROLES, "--decimal", ";")),
    "one unit behind every number": Case(
        text([[a, m, f"{y} mg"] for a, m, y in ROWS]), ("'mg' behind the numbers is taken off",), 0
    ),
    "few numbers with a unit": Case(
        text([[a, m, f"{round(float(y))}%"] for a, m, y in ROWS]), ("'%' behind the numbers",), 0
    ),
    "one unit, one cell without": Case(
        text([[a, m, f"{y} mg" if i else y] for i, (a, m, y) in enumerate(ROWS)]),
        ("column 'y': 'mg' stands behind most numbers, but not behind", "(row 2)", "in mg too"),
    ),
    "two units": Case(
        text([[a, m, f"{y} {'mg' if i % 5 else 'g'}"] for i, (a, m, y) in enumerate(ROWS)]),
        ("'mg' stands behind most numbers", "g' (row 2)", "g' (row 7)"),
    ),
    "percent": Case(one("y", "5%"), ("row 5", "'5%' is a percentage")),
    "mean and spread": Case(
        one("y", "5.1 ± 0.4"), ("row 5", "is a mean and its spread", "two columns")
    ),
    "mean and spread in letters": Case(one("y", "5.1 +/- 0.4"), ("row 5", "is a mean and its")),
    "below a limit": Case(one("y", "<0.5"), ("row 5", "'<0.5'", "--response censored")),
    "minus signs": Case(
        text(rows(y={3: "−1.5", 4: "−2"})), ("2 typographic minus signs (−) in y",), 0
    ),
    "date": Case(one("y", "2024-01-05"), ("row 5", "date or time")),
    "month": Case(one("y", "5-Mar"), ("row 5", "date or time")),
    "true/false": Case(one("y", "TRUE"), ("row 5", "true/false, not a measurement")),
    "with its unit": Case(one("y", "5.1 mg"), ("row 5", "'5.1 mg'", "unit into the column's name")),
    "error of the spreadsheet": Case(one("y", "#DIV/0!"), ("row 5", "error of the spreadsheet")),
    "underscore": Case(one("y", "1_000"), ("'1_000' is not a number",)),
    "0 and 1": Case(
        text([[a, m, str(i % 3 % 2)] for i, (a, m, _) in enumerate(ROWS)]),
        ("0 and 1 only", "not a measurement"),
        0,
    ),
    "all equal": Case(text([[a, m, "5"] for a, m, _ in ROWS]), ("every value is 5",)),
    "constant in a group": Case(
        text([[a, m, "5" if a == "drug" else y] for a, m, y in ROWS]),
        ("All 10 values of y in drug are 5", "priors"),
        0,
    ),
    "copied rows": Case(
        text(
            [[a, m, str(hash_)] for (a, m, _), hash_ in zip(ROWS, np.arange(20) // 2, strict=True)]
        ),
        ("All readings of one mouse are equal", "rows copied"),
        0,
    ),
    "offset and small scale": Case(
        text([[a, m, f"{1e6 + float(y) * 1e-3:.6f}"] for a, m, y in ROWS]), ("drug - placebo",), 0
    ),
    "small scale": Case(
        text([[a, m, f"{float(y) * 1e-12:.6g}"] for a, m, y in ROWS]), ("drug - placebo",), 0
    ),
    "a million SDs away": Case(
        text([r[:1] + r[2:] for r in rows(y={3: "1e6"})], ["arm", "y"]),
        ("1 value of y lies more than 100 SDs", "row 5"),
        0,
        options=("--value", "y", "--group", "arm"),
    ),
    "beyond arithmetic": Case(one("y", "1e250"), ("too large or too small",)),
    "1e30": Case(one("y", "1e30"), ("row 5", "SDs away")),
    "integers": Case(text([[a, m, y[:2]] for a, m, y in ROWS]), ("drug - placebo",), 0),
    "zeros on a log scale": Case(
        one("y", "0"), ("row 5", "no logarithm"), options=(*ROLES, "--scale", "log")
    ),
}

ARM = ("--value", "y", "--group", "arm")
UNITS = {
    "one group": Case(text(ROWS[:10]), ("one group with values", "'placebo'", "--against")),
    "none left": Case(
        text([[a, m, y if a == "drug" else ""] for a, m, y in ROWS]),
        ("one group with values, 'drug' ('placebo' without any)",),
    ),
    "reference absent": Case(
        text(), ("no group 'plcebo'", "'placebo'"), options=(*ROLES, "--reference", "plcebo")
    ),
    "look-alikes": Case(
        text(rows(arm={12: "Drug", 13: "DRUG"})), ("spelling only", "'drug' (8 rows)", "'DRUG'")
    ),
    "look-alikes by underscores": Case(
        text(
            [
                ["drug_A" if i == 11 else a.replace("drug", "drug A"), m, y]
                for i, (a, m, y) in enumerate(ROWS)
            ]
        ),
        ("spelling only", "'drug_A' (1 rows)"),
    ),
    "rows pasted twice": Case(text(ROWS * 2), ("at least twice", "pasted twice"), 0),
    "tables joined": Case(text() + text(), ("row 22", "name of the column")),
    "merged cells": Case(
        text(rows(arm=dict.fromkeys(range(1, 20, 2), ""))), ("10 of 20", "merged cells")
    ),
    "spaces around labels": Case(
        text(rows(arm={12: "drug ", 13: " drug"})), ("Spaces around labels of arm", "'drug'"), 0
    ),
    "genotypes": Case(
        text([["Aa" if a == "drug" else "aa", m, y] for a, m, y in ROWS]),
        ("look alike", "'Aa' (10 rows)"),
        0,
    ),
    "numbers as labels": Case(
        text(
            [
                [("1.0" if i % 2 else "1") if a == "drug" else "2", m, y]
                for i, (a, m, y) in enumerate(ROWS)
            ]
        ),
        ("5 per group (arm: 2, 1)",),
        0,
    ),
    "true/false as labels": Case(
        text([["TRUE" if a == "drug" else "FALSE", m, y] for a, m, y in ROWS]),
        ("TRUE - FALSE",),
        0,
    ),
    "value and group swapped": Case(
        text([[f"{i}.{i}", m, str(i % 7)] for i, (a, m, y) in enumerate(ROWS * 4)]), ("swapped",)
    ),
    "shared unit labels": Case(
        text([[a, m[1:], y] for a, m, y in ROWS]), ("'0'", "--relabel-units", "--block mouse")
    ),
    "one unit in a group": Case(
        text([r for r in ROWS if r[0] == "placebo" or r[1] == "d0"]), ("'drug' has one mouse",)
    ),
    "unit is the group": Case(
        text([[a, f"cage {a}", y] for a, _, y in ROWS]), ("'arm' and 'mouse' say the same",)
    ),
    "few units": Case(
        text([r for r in ROWS if r[1][1] in "012"]), ("Fewer than five units", "priors"), 0
    ),
    "one reading in every unit": Case(
        text(ROWS[::2]), ("Every mouse has one reading", "cannot be told apart"), 0
    ),
    "one reading in some units": Case(text(ROWS[1:]), ("1 to 2 per mouse",), 0),
    "id unique to every row": Case(
        text([[a, f"r{i}", y] for i, (a, m, y) in enumerate(ROWS)]), ("numbers the rows",), 0
    ),
    "id missing": Case(one("mouse", ""), ("'mouse' is empty in 1 of 20 rows", "row 5")),
    "group missing": Case(one("arm", "NA"), ("'arm' is empty in 1 of 20", "row 5")),
    "unit labels that look alike": Case(
        text(rows(mouse={1: "P0"})), ("look alike", "'p0' and 'P0'"), 0
    ),
    "block that sees one group": Case(
        text(), ("occurs in one arm only", "--unit mouse"), options=(*ARM, "--block", "mouse")
    ),
    "missing cells": Case(
        text([[a, m[1:], y] for a, m, y in ROWS[2:]]),
        ("1 of 10 cells of mouse x arm have no value", "0 x placebo"),
        0,
        options=(*ARM, "--block", "mouse"),
    ),
    "1 against many readings": Case(
        text(
            [*ROWS[:3], *([[*ROWS[3][:2], f"{10 + i % 13 / 10}"] for i in range(5000)]), *ROWS[4:]]
        ),
        ("2 to 5001 per mouse",),
        0,
    ),
}

OPTIONS = {
    "rope reversed": Case(text(), ("lower end comes first",), options=(*ROLES, "--rope=1,-1")),
    "rope without 0": Case(text(), ("does not hold 0",), options=(*ROLES, "--rope=1,2")),
    "ci 0": Case(text(), ("ci_prob is 0", "0.95"), options=(*ROLES, "--ci", "0")),
    "ci 1": Case(text(), ("ci_prob is 1", "0.95"), options=(*ROLES, "--ci", "1")),
    "ci 95": Case(text(), ("ci_prob is 95", "0.95"), options=(*ROLES, "--ci", "95")),
    "negative scale": Case(
        text(), ("halfnormal", "positive"), options=(*ROLES, "--prior", "tau = halfnormal(-2)")
    ),
    "ess 0": Case(text(), ("ess is 0",), options=(*ROLES, "--ess", "0")),
    "ess 1e12": Case(text(), ("ess is 1e+12", "1,000,000"), options=(*ROLES, "--ess", "1e12")),
    "seed -1": Case(text(), ("seed is -1",), options=(*ROLES, "--seed", "-1")),
    "seed 1.5": Case(text(), ("--seed", "no whole number"), options=(*ROLES, "--seed", "1.5")),
    "unknown option": Case(text(), ("--unt", "--unit"), options=(*ROLES, "--unt", "mouse")),
    "unknown choice": Case(
        text(), ("no choice 'unit'", "'units'"), options=(*ROLES, "--robust", "unit")
    ),
    "unknown prior": Case(
        text(), ("halfnormal",), options=(*ROLES, "--prior", "tau = halfnormale(2)")
    ),
    "unknown parameter": Case(text(), ("taau", "tau"), options=(*ROLES, "--prior", "taau = 2")),
}

CASES = {
    f"{kind}: {name}": case
    for kind, cases in {
        "file": FILES,
        "column": COLUMNS,
        "value": VALUES,
        "unit": UNITS,
        "option": OPTIONS,
    }.items()
    for name, case in cases.items()
}
