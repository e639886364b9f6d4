"""Options of the computation: how many draws an answer rests on, and from which seed."""

from dataclasses import dataclass

from nestimate.errors import DesignError
from nestimate.values import check_fields


@dataclass(frozen=True, kw_only=True)
class Budget:
    """How much is spent on an answer.

    Attributes
    ----------
    ess
        Effective draws wanted behind every number.
    seed
        One seed, one answer.
    """

    ess: float = 10_000
    seed: int = 1

    def check(self) -> None:
        """Refuse what cannot be computed with.

        Raises
        ------
        DesignError
            When an option is of the wrong kind, or out of range.
        """
        check_fields(self, Budget)
        if not 100 <= self.ess <= 1_000_000:
            raise DesignError(f"ess is {self.ess:g}: it must lie between 100 and 1,000,000.")
        if not isinstance(self.seed, int) or self.seed < 0:
            raise DesignError(f"seed is {self.seed}: it must be a whole number, 0 or above.")
