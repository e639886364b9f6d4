"""Everything that may be chosen beside the roles: the words of command line and library."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, fields
from functools import wraps
from inspect import cleandoc, signature
from typing import Any, cast

from nestimate.data.designs.responses import WORDS, measured_as, named
from nestimate.data.tables.reading import Reading
from nestimate.errors import ArgumentError, DesignError, one_of
from nestimate.inference.budget import Budget
from nestimate.model.assumptions import Assumptions
from nestimate.remedies import Remedy
from nestimate.results.estimates.summaries import Question
from nestimate.values import Value, check_arguments
from nestimate.words import Words

#: Words of version 0.1, and what they are called now.
FORMER = {"ci": "ci_prob", "contrasts": "contrast"}
#: What a column of spreads holds, by the word that names it.
SPREADS = {"se": "standard error", "sd": "standard deviation"}
#: Options of layouts: a formula says such things itself, or has no place for them.
OF_LAYOUTS = frozenset({"n", "sd", "se", "order", "adjust", "relative_to", "bayes_factor"})
#: What the options are made of. Each part checks what is its own.
PARTS: tuple[type[Any], ...] = (Reading, Assumptions, Question, Budget)


@dataclass(frozen=True, kw_only=True, repr=False)
class Options(Value, Budget, Question, Assumptions, Reading):
    """Everything that may be chosen beside the roles; the words of the command line.

    They are the fields of four records, each of which a part of the way takes: `Reading` (which
    cells make the table, and what its columns hold), `Assumptions` (the model), `Question` (what is
    asked of the draws) and `Budget` (what is spent on it).
    """

    __hash__ = Value.__hash__

    def __post_init__(self) -> None:
        if self.relative_to is not None:
            object.__setattr__(self, "scale", "log")
        for part in PARTS:
            part.check(self)
        if self.response not in WORDS and "/" not in self.response:
            raise DesignError(
                f"response: {one_of('choice', self.response, WORDS)} Of how many of how many name "
                "both columns, 'positive/total'."
            )
        if self.rope is not None:
            word = named(self.response, None, self.limit).word
            measured_as(word, self.scale).differences.check_region(*self.rope)

    @classmethod
    def of(cls, options: "Options | Words | Mapping[str, Any] | None") -> "Options":
        """Return options given as such, as a mapping of the same words, or not at all."""
        if isinstance(options, Options):
            return options
        # Words of version 0.1 are still taken.
        given = {FORMER.get(name, name): value for name, value in dict(options or {}).items()}
        allowed = [f.name for f in fields(cls)]
        for name in given:
            if name not in allowed:
                raise DesignError(f"options: {one_of('option', str(name), allowed)}")
        return cls(**given)

    def check_outcomes(self, names: Sequence[str]) -> None:
        """Refuse what is of one outcome alone where there are several: how far it scatters."""
        for word in ("se", "sd"):
            column = getattr(self, word)
            if column is not None and len(names) > 1:
                raise DesignError(
                    f"{word}: '{column}' would be the {SPREADS[word]} of each of {len(names)} "
                    "outcomes, and these have different ones. Compare one at a time, each with its "
                    f"own {word} column."
                )

    def check_formula(self) -> None:
        """Refuse what belongs to roles and has no part in a formula."""
        if self.bayes_factor:
            raise DesignError(
                "bayes_factor belongs to compare: it needs priors of the group means."
            )
        if self.summary_columns:
            raise DesignError(
                "n, sd and se belong to compare: with a formula every row is one reading."
            )
        if self.order is not None or self.covariates or self.relative_to is not None:
            raise DesignError(
                "order, adjust and relative_to belong to compare: in a formula covariates stand "
                "beside the factor, 'y ~ group + age'."
            )

    @property
    def reading(self) -> Reading:
        """The part that says how a table is read."""
        return self._part(Reading)

    @property
    def assumptions(self) -> Assumptions:
        """The part that chooses the model."""
        return self._part(Assumptions)

    @property
    def question(self) -> Question:
        """The part that says what is asked, and how it is summarised."""
        return self._part(Question)

    @property
    def budget(self) -> Budget:
        """The part that says what is spent."""
        return self._part(Budget)

    def _part[T](self, kind: type[T]) -> T:
        return kind(**{f.name: getattr(self, f.name) for f in fields(cast(Any, kind))})


def _attributes(kind: type) -> str:
    """Return what the docstring of a part says of its fields; none where Python keeps none."""
    return cleandoc(kind.__doc__ or "").partition("----------\n")[2].rstrip()


Options.__doc__ = "\n".join(
    [cleandoc(Options.__doc__ or ""), "", "Attributes", "----------", *map(_attributes, PARTS)]
)


def options_apart[**P, T](call: Callable[P, T]) -> Callable[P, T]:
    """Say where an option belongs that is given as an argument of its own: `rope=...`."""
    taken = tuple(signature(call).parameters.values())
    known = tuple(parameter.name for parameter in taken)

    @wraps(call)
    def checked(*args: P.args, **kwargs: P.kwargs) -> T:
        placed = [p for p in taken if p.kind is p.POSITIONAL_OR_KEYWORD]
        if len(args) > len(placed):
            named = ", ".join(f"{p.name}=" for p in taken if p.kind is p.KEYWORD_ONLY)
            raise ArgumentError(
                f"{call.__name__} takes {len(placed)} without a name ({placed[-1].name} the last), "
                f"and {len(args)} were given. Name the others: {named}."
            )
        check_arguments(call, dict(zip(known, args, strict=False)) | kwargs)
        for name, value in kwargs.items():
            if name in known:
                continue
            options = {f.name for f in fields(Options)} | FORMER.keys()
            where = f"{call.__name__} has no argument '{name}'"
            if "formula" in known and name in ("unit", "block"):
                raise ArgumentError(f"{where}: write it into the formula, 'y ~ g + (1 | {value})'.")
            if name in options:
                right = Remedy(FORMER.get(name, name), cast(Any, value)).python
                raise ArgumentError(f"{where}: it is one of the options, {right}.")
            raise ArgumentError(f"{where}: {one_of('argument', name, (*known, *sorted(options)))}")
        return call(*args, **kwargs)

    return checked
