"""The tables that come with nestimate: small; two are published, the others made up."""

from importlib.resources import files
from pathlib import Path

from nestimate.errors import DesignError
from nestimate.values import checked_arguments

#: Every table by its name, with what it is.
EXAMPLES = {
    "mice": "blood glucose of two groups of mice, about five readings each",
    "lines": "viability of four cell lines, each with and without a drug, five readings a cell",
    "seedlings": "height of seedlings in two kinds of bed, every one a data point",
    "teeth": "cells of teeth of guinea pigs: two supplements, three doses (Crampton, 1947)",
    "litters": "weight of pups of two genotypes and two treatments, in six litters",
    "fields": "cells counted in four fields of each mouse, two genotypes",
    "stained": "how many cells of how many were positive, four fields of each mouse",
    "zinc": "zinc in ground water of two zones, some below two limits (Millard, Deverel, 1988)",
    "elisa": "a cytokine in two groups of mice, some of it below what can be measured",
    "proteins": "300 proteins in two groups of four mice, for `screen`",
    "messy": "an enzyme in two groups of animals, with what a spreadsheet brings along",
}


@checked_arguments
def example(name: str) -> Path:
    """Return the path of a table that comes with nestimate.

    Parameters
    ----------
    name
        `mice` (readings in units), `lines` (blocks), `seedlings` (values by themselves), `teeth`
        and `litters` (two factors), `fields` (counts), `stained` (shares), `zinc` and `elisa`
        (values below detection), `proteins` (many endpoints) or `messy` (cells that are no
        numbers). `teeth` and `zinc` are published data, the others are made up.

    Raises
    ------
    DesignError
        When there is no such table.

    Examples
    --------
    >>> import nestimate as ne
    >>> ne.example("mice").name
    'mice.csv'
    """
    if name not in EXAMPLES:
        every = ", ".join(f"{known} ({said})" for known, said in EXAMPLES.items())
        raise DesignError(f"there is no example '{name}': there are {every}.")
    return Path(str(files("nestimate"))) / "apps" / "page" / "examples" / f"{name}.csv"
