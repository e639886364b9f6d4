"""Options of the computation: how many draws an answer rests on, and from which seed."""

from dataclasses import dataclass

from nestimate.errors import DesignError
from nestimate.values import check_fields

#: Effective draws where none are stated: enough for three digits of every end. From so many groups
#: on fewer: with a row for each, the last digit is worth less than the wait.
USUAL, MANY_GROUPS, OF_MANY = 10_000, 20, 4_000


@dataclass(frozen=True, kw_only=True)
class Budget:
    """How much is spent on an answer.

    Attributes
    ----------
    ess
        Effective draws wanted behind every number; where none are stated 10,000, and 4,000 from
        20 groups on.
    seed
        One seed, one answer.
    """

    ess: float | None = None
    seed: int = 1

    def check(self) -> None:
        """Refuse what cannot be computed with.

        Raises
        ------
        DesignError
            When an option is of the wrong kind, or out of range.
        """
        check_fields(self, Budget)
        if self.ess is not None and not 100 <= self.ess <= 1_000_000:
            raise DesignError(f"ess is {self.ess:g}: it must lie between 100 and 1,000,000.")
        if not isinstance(self.seed, int) or self.seed < 0:
            raise DesignError(f"seed is {self.seed}: it must be a whole number, 0 or above.")

    def draws(self, groups: int) -> float:
        """Return how many effective draws are wanted in a design of so many groups."""
        if self.ess is not None:
            return self.ess
        return USUAL if groups < MANY_GROUPS else OF_MANY
