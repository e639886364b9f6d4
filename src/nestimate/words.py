"""The words of the options, typed, so that an editor completes them in `options={...}`."""

from collections.abc import Mapping, Sequence
from typing import Literal, TypedDict

type Robust = Literal["units", "replicates", "both", "none"]
type Tau = Literal["own", "common", "pooled"]
type Scale = Literal["linear", "log"]
type Sigma = Literal["common", "own"]
type Preset = Literal["default", "kruschke2013", "meredith2021"]
type CiKind = Literal["hdi", "eti"]
type Decimal = Literal[".", ","]
type Wide = Literal["groups", "units", "replicates"]
type Contrasts = (
    Literal["reference", "pairs", "simple", "main", "interaction", "steps", "trend"] | str
)


class Words(TypedDict, total=False):
    """A mapping of options; what each means, and what it is usually, stands at `Options`."""

    response: str
    exposure: str | None
    limit: float | str | None
    robust: Robust | None
    tau: Tau | None
    scale: Scale
    sigma: Sigma | None
    n: str | None
    sd: str | None
    se: str | None
    preset: Preset
    prior: Mapping[str, str | float] | Sequence[str]
    contrast: Contrasts | Sequence[str]
    order: str | Sequence[str] | None
    adjust: str | Sequence[str] | None
    at: str | Mapping[str, float | Sequence[float]] | None
    relative_to: str | None
    against: float | None
    rope: tuple[float, float] | None
    ci_prob: float
    ci_kind: CiKind
    simultaneous: bool
    bayes_factor: bool
    ess: float | None
    seed: int
    sheet: str | None
    decimal: Decimal | None
    edits: Sequence[str]
    wide: Wide | None
    value_unit: str | None
    skip_rows: int | str | None
    header_row: int | None
    na: str | None
    fill_down: str | None
