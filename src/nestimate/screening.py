"""The one call that command line and library share: many endpoints in, a `Screen` out."""

import warnings
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet

from nestimate.comparison import Comparison, compare
from nestimate.errors import DesignError, one_of
from nestimate.outputs import check_outputs, check_report, whole
from nestimate.planning import Planned, plan
from nestimate.studies.screen import figures, phrases, report
from nestimate.studies.screen.found import Found
from nestimate.studies.screen.parts import folder_beside
from nestimate.studies.screen.request import Options, Roles
from nestimate.studies.screen.run import run
from nestimate.studies.screen.tables import read
from nestimate.values import checked_arguments

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.figure import Figure

#: Columns under the names of other programs: shrunken effects as lfcShrink of DESeq2 gives them,
#: effects and intervals as topTable of limma does. No p value is made up: there is none.
STYLES: Mapping[str, Mapping[str, str]] = {
    "nestimate": {},
    "limma": {"endpoint": "ID", "mean": "logFC", "ci_low": "CI.L", "ci_high": "CI.R"},
    "deseq2": {
        "endpoint": "gene",
        "shrunk": "log2FoldChange",
        "shrunk_sd": "lfcSE",
        "s_value": "svalue",
    },
}


#: Said of an endpoint whose effect is looked at in a design with more scales than the screen's.
OWN_PRIORS = (
    "endpoint '{0}': `compare` looks at the whole design, in which other scales say how the effect "
    "scatters; these keep their usual priors, so that its interval is not that of the screen."
)


class Screen(Found):
    """Many endpoints screened, and the ways out of it."""

    def __str__(self) -> str:
        """Return the screen as text."""
        return phrases.render(self)

    def __repr__(self) -> str:
        """Return the screen in one line."""
        hits = f"{self.selected(phrases.RATE).size:,} hits"
        return f"<screen of {self.contrast}: {len(self.matrix.names):,} endpoints, {hits}>"

    @property
    def table(self) -> "pd.DataFrame":
        """Every endpoint, one row each, by name; none is left out."""
        import pandas as pd  # noqa: PLC0415

        return pd.DataFrame(self.columns())

    def hits(self, fsr: float = 0.05) -> "pd.DataFrame":
        """Return the endpoints whose signs are wrong at this rate at most, the surest first.

        Parameters
        ----------
        fsr
            False sign rate: mean of the local false sign rates of those returned.
        """
        return self.table.iloc[self.selected(fsr)].reset_index(drop=True)

    def to_frame(self, style: str = "nestimate") -> "pd.DataFrame":
        """Return the table with columns named as users of another program know them.

        Parameters
        ----------
        style
            `nestimate`, `limma` (logFC, CI.L, CI.R) or `deseq2` (log2FoldChange, lfcSE, svalue).

        Raises
        ------
        DesignError
            When there is no such style.
        """
        if style not in STYLES:
            raise DesignError(f"style: {one_of('style', style, STYLES)}")
        return self.table.rename(columns=dict(STYLES[style]))

    def to_anndata(self, adata: Any, prefix: str = "nestimate_") -> None:
        """Write the numbers of every endpoint into `adata.var`, in its order of variables.

        Raises
        ------
        DesignError
            When the object has other variables than were screened.
        """
        table = self.table.set_index("endpoint")
        names = [str(name) for name in adata.var_names]
        if set(names) != set(table.index):
            raise DesignError("to_anndata: its variables are not the endpoints of this screen.")
        for name, column in table.loc[names].items():
            adata.var[f"{prefix}{name}"] = column.to_numpy()

    def plot_volcano(self, fsr: float = 0.05) -> "Figure":
        """Return shrunken effects against the local false sign rate."""
        return figures.volcano(self, fsr)

    def plot_ranks(self, most: int = figures.RANKED) -> "Figure":
        """Return the largest effects with the intervals of their ranks."""
        return figures.ranks(self, most)

    def plot_scales(self) -> "Figure":
        """Return tau against sigma of all endpoints."""
        return figures.scales(self)

    def endpoint(self, name: str, options: Mapping[str, Any] | None = None) -> Comparison:
        """Return one endpoint as a whole answer, under the scales' priors that were learnt.

        Groups that scatter differently over all endpoints have a tau each here, with priors as far
        apart; in the table they are tied.

        An effect of more than two groups within blocks, or between units that are seen in several,
        is looked at in the whole design, whose scales between blocks keep the usual priors: a
        warning says so.

        Parameters
        ----------
        name
            The endpoint.
        options
            Of `compare`, in place of those of the screen: `{"robust": "none"}`.

        Raises
        ------
        DesignError
            When there is no such endpoint, or it could not be estimated.
        """
        row = self.row(name)
        if not self.estimated[row]:
            raise DesignError(f"endpoint '{name}': {self.columns()['status'][row]}.")
        spreads = self.outcome.learnt.spreads
        own = spreads.evened(self.reduced(row))
        ((_, learnt),) = self.outcome.learnt.split(own)
        prior, sigma = learnt.prior, bool(own.freedom.sum())
        unit = float(prior.unit(own)[0])
        priors = prior.said(unit, sigma=sigma)
        chosen: dict[str, Any] = {"ci_prob": self.options.ci_prob, "rope": self.options.rope}
        asked = self.question
        if not asked.alone:
            # The whole design has other scales for what its effects do between blocks.
            del priors[next(iter(self.matrix.layout.scales.values()))]
            warnings.warn(OWN_PRIORS.format(name), UserWarning, stacklevel=2)
        # The scales are those of the screen, whatever a single endpoint shows.
        chosen["sigma"] = "common"
        if asked.alone or "tau" in priors:
            chosen["tau"] = "own" if "tau" in priors and spreads.uneven else "common"
        if "tau" in priors and spreads.uneven:
            del priors["tau"]
            for group, factor in zip(asked.groups, self.apart, strict=True):
                priors[f"tau[{group}]"] = prior.said(factor * unit, sigma=sigma)["tau"]
        return compare(
            self.readings(row),
            value=self.roles.value or "value",
            group=asked.group,
            unit=asked.unit,
            block=asked.block,
            reference=asked.reference,
            options={**chosen, **asked.options, "prior": priors, **(options or {})},
        )

    def plan(
        self,
        effect: float,
        *,
        units: Sequence[int] | None = None,
        readings: Sequence[int] | None = None,
        costs: Any = None,
        target: float = 0.8,
        settings: Mapping[str, Any] | None = None,
        options: Mapping[str, Any] | None = None,
    ) -> Planned:
        """Plan the next experiment for an endpoint of median spreads.

        Parameters
        ----------
        effect
            Smallest effect that matters, in the unit of the values.
        units, readings, costs, target, settings, options
            As in `nestimate.plan`; blocks and subunits are numbers in `settings`, by default 2 to
            30 blocks and as many subunits as here.

        Raises
        ------
        DesignError
            When the screen was of more than two groups, or something cannot be meant.
        """
        if len(self.groups) > 2:
            raise DesignError(
                "plan: a screen of more than two groups does not say what their means would be: "
                "state them, and these spreads, in nestimate.plan (found.typical has the medians)."
            )
        low, high = self.groups
        truth, sizes = self.planned
        return plan(
            {"groups": {low: 0.0, high: effect}, "source": "medians of a screen", **truth},
            units=units,
            readings=readings,
            costs=costs,
            target=target,
            settings={"words": self.words, **sizes, **(settings or {})},
            options=options,
        )

    def methods(self) -> str:
        """Return the paragraph for a paper."""
        return phrases.methods(self)

    def report(self, path: str | Path) -> None:
        """Write the whole screen as one self-contained file: `.html`, or `.md` without figures.

        Raises
        ------
        DesignError
            When the name has another ending, or the file cannot be written.
        """
        check_report(path)
        with whole(Path(path)) as part:
            part.write_text(report.render(self, Path(path).suffix.lower()), encoding="utf-8")

    def save(self, path: str | Path) -> None:
        """Write the table, `.parquet` or `.csv`.

        Raises
        ------
        DesignError
            When the name has another ending, or the file cannot be written.
        """
        ending = Path(path).suffix.lower()
        if ending not in _WRITERS:
            raise DesignError(f"{path} must end in {' or '.join(_WRITERS)}.")
        table = pa.table({name: pa.array(column) for name, column in self.columns().items()})
        with whole(Path(path)) as part:
            _WRITERS[ending](table, part)


_WRITERS = {".parquet": pyarrow.parquet.write_table, ".csv": pyarrow.csv.write_csv}


@checked_arguments
def screen(
    data: Any,
    *,
    endpoint: str | None = None,
    value: str | None = None,
    group: str | None = None,
    unit: str | None = None,
    block: str | None = None,
    samples: Any = None,
    options: Options | Mapping[str, Any] | None = None,
) -> Screen:
    """Estimate one effect for thousands of endpoints, and learn from all of them.

    Parameters
    ----------
    data
        A table with one reading per row, or with one endpoint per row and a column per sample; a
        file (CSV, Parquet ...), a data frame, or an AnnData object, whose `obs` holds the roles.
    endpoint, value, group, unit, block
        Column names. `group` is what is compared, `arm,time` two factors; of more than two groups
        the option `contrast` names the effect. `unit` is what was independently treated or sampled
        (mouse, patient); its rows are its readings, `mouse/slice` has slices inside mice. `block`
        sees several groups, and may have units of its own inside. Without both every reading is a
        unit.
    samples
        Of a wide table: the sheet of samples, with a row for each column of `data` and the columns
        group, unit or block. Its first column, or that named in the option `sample`, names them.
    options
        `Options` of a screen, or a mapping of the same words: `{"pool": "icc", "workers": 4}`.

    Returns
    -------
    Screen
        Every endpoint stands in its table, those that could not be estimated with the reason.

    Raises
    ------
    DataError, DesignError, InferenceError
        When the table cannot be read, the question cannot be asked of it, or workers are lost.

    Examples
    --------
    >>> import nestimate as ne
    >>> import numpy as np
    >>> rng = np.random.default_rng(1)
    >>> rows = [(f"p{i}", arm, f"{arm}{j}", 3 * (i < 10) * (arm == "drug") + rng.normal())
    ...         for i in range(100) for arm in ("drug", "placebo") for j in range(4)]
    >>> table = dict(zip(("protein", "arm", "mouse", "y"), zip(*rows)))
    >>> words = {"endpoint": "protein", "value": "y", "group": "arm", "unit": "mouse"}
    >>> found = ne.screen(table, **words, options={"robust": "none", "workers": 1})
    >>> sorted(found.hits().endpoint)[:3]
    ['p0', 'p1', 'p2']
    """
    given = dict(asdict(options) if isinstance(options, Options) else options or {})
    roles = Roles(
        endpoint=endpoint,
        value=value,
        group=group,
        unit=unit,
        block=block,
        sample=given.pop("sample", None),
    )
    chosen = Options.of(given)
    out = None if chosen.out is None else Path(chosen.out)
    check_outputs({"out": out}, _path(data), overwrite=chosen.overwrite)
    matrix = read(data, roles, samples, chosen)
    found = Screen(matrix=matrix, roles=roles, options=chosen, outcome=run(matrix, chosen))
    if out is not None:
        found.save(out)
        folder_beside(out).remove()
    return found


def _path(data: Any) -> Path | None:
    return Path(data) if isinstance(data, str | Path) else None
