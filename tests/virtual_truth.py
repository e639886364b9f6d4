"""What an experimenter says of the columns of a table."""

from dataclasses import dataclass, replace

from virtual_columns import Part
from virtual_laboratory import Experiment


@dataclass(frozen=True)
class Asked:
    """The roles that one command line gives to the columns of a table.

    Attributes
    ----------
    value
        Columns of the values: several where readings stand side by side.
    group
        Columns that are compared.
    titles
        Whether the titles of columns are compared (or one of the factors).
    unit, block
        Outermost first.
    beside
        Columns that go with the value: a total, n, an SD.
    """

    value: frozenset[str]
    group: frozenset[str] = frozenset()
    titles: bool = False
    unit: tuple[str, ...] = ()
    block: tuple[str, ...] = ()
    beside: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Truth:
    """What an experimenter says of the columns.

    Attributes
    ----------
    right
        Roles that say the experiment; equally right where there are several.
    undecided
        Other roles that the table does not rule out, so that a question must be asked.
    scatters
        The column of what must be kept apart, since its rows are not independent; "" if there is
        none.
    inside
        Columns that a label of it must be read together with, as it is used anew in each of theirs.
    crosses
        Columns whose labels see several groups.
    numbering, nuisance, covariates, seconds, occasions
        Columns that number readings, that nobody analyses, that were measured beside the outcome,
        that may be compared as well, that may be kept apart as well.
    story
        The experiment in words.
    """

    right: tuple[Asked, ...]
    undecided: tuple[Asked, ...] = ()
    scatters: str = ""
    inside: tuple[str, ...] = ()
    crosses: tuple[str, ...] = ()
    numbering: tuple[str, ...] = ()
    nuisance: tuple[str, ...] = ()
    covariates: tuple[str, ...] = ()
    seconds: tuple[str, ...] = ()
    occasions: tuple[str, ...] = ()
    story: str = ""


def told(experiment: Experiment) -> Truth:
    """Return what an experimenter says of the table of one reading per row."""
    plan = experiment.plan
    values = frozenset(experiment.names(Part.VALUE))
    beside = frozenset(experiment.names(Part.TOTAL))
    factors = frozenset(experiment.names(Part.FACTOR, Part.WITHIN))
    things = experiment.names(Part.THING, Part.INSIDE)
    batch, plots = experiment.names(Part.BATCH), experiment.names(Part.PLOT)
    outer = experiment.names(Part.THING)
    asked = Asked(value=values, group=factors, beside=beside)
    by_itself = plan.readings == 1 and not plan.within
    undecided: list[Asked] = []
    if not plan.between:
        right = [replace(asked, block=outer)]
        if plots:
            right.append(replace(asked, block=(*outer, *plots)))
        if plan.name == "split plot":
            whole = experiment.names(Part.WITHIN)[0]
            right.append(replace(asked, block=(*outer, whole)))
        if len(factors) > 1:
            right += [replace(a, unit=a.block, block=()) for a in right]
        elif _begins_at_one(experiment):
            # The same numbers in every group may be given anew in each.
            undecided = [replace(asked, unit=outer), replace(asked, unit=())]
    elif plan.within:
        right = [replace(asked, unit=outer), replace(asked, block=outer)]
    else:
        paths = [things]
        while by_itself and paths[-1] and _each_alone(experiment, paths[-1]):
            paths.append(paths[-1][:-1])
        right = [replace(asked, unit=path, block=batch) for path in paths]
        if plan.between == (1,):
            right += [replace(a, group=frozenset()) for a in right]
        if experiment.reused and outer:
            crossed = replace(asked, block=(*batch, *outer))
            undecided = [crossed, *(replace(crossed, unit=path[1:]) for path in paths if path)]
    return Truth(
        right=tuple(right),
        undecided=tuple(undecided),
        scatters=_scatters(experiment),
        inside=experiment.names(Part.FACTOR, Part.BATCH) if experiment.reused else (),
        crosses=(*batch, *(outer if not plan.between else ())),
        numbering=experiment.names(Part.NUMBERING),
        nuisance=experiment.names(Part.NUISANCE),
        covariates=experiment.names(Part.COVARIATE),
        seconds=experiment.names(Part.SECOND),
        occasions=experiment.names(Part.OCCASION),
        story=plan.name,
    )


def _each_alone(experiment: Experiment, path: tuple[str, ...]) -> bool:
    """Return whether every thing that a path names, within its group, has one row."""
    cells = zip(
        *(
            c.cells
            for c in experiment.columns
            if c.name in path or c.part in {Part.FACTOR, Part.BATCH}
        ),
        strict=True,
    )
    rows = list(cells)
    return len(set(rows)) == len(rows)


def _begins_at_one(experiment: Experiment) -> bool:
    """Return whether what was treated has nothing but numbers, or letters, for names."""
    labels = {label for column in experiment.of(Part.THING) for label in column.cells}
    stems = {"".join(c for c in label if not c.isdigit()) for label in labels}
    return (len(stems) == 1 and max(len(label) for label in labels) < 4) or stems == labels


def _scatters(experiment: Experiment) -> str:
    """Return what must be kept apart, as its readings are not independent."""
    plots = experiment.names(Part.PLOT)
    tops = [r.path[0] for r in experiment.records]
    several = len(set(tops)) < len(tops)
    return (*plots, *experiment.names(Part.THING), "")[0] if several else ""
