"""A result in a file, whole, and back: a zip of one JSON text and plain arrays.

Nothing in the file is ever run: records are made of the classes listed here only, arrays hold
numbers only, and the model is built anew from its design.
"""

import json
from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from zipfile import ZIP_DEFLATED, BadZipFile, ZipFile

import numpy as np

from nestimate.data.designs.coding import Coding
from nestimate.data.designs.crossing import Crossing
from nestimate.data.designs.design import Design
from nestimate.data.designs.levels import Level
from nestimate.data.designs.measures import Linear, Logit, OddsRatio, Ratio
from nestimate.data.designs.profiles import Profiles
from nestimate.data.designs.responses import KINDS
from nestimate.data.designs.roles import Roles
from nestimate.data.designs.shown import Scatter
from nestimate.data.designs.statistics import Readings, UnitStatistics, Yardstick
from nestimate.data.designs.stratum import Effect, Role, Stratum
from nestimate.data.designs.structure import Factor, Structure, Surface
from nestimate.data.tables.grid import Lost
from nestimate.errors import DataError
from nestimate.inference.fit import Fit
from nestimate.inference.nuts import Chains
from nestimate.model.assumptions import Assumptions
from nestimate.model.draws import Draws
from nestimate.model.model import Model
from nestimate.remedies import Advice, Remedy
from nestimate.results.answer import Answer
from nestimate.results.estimates.contrasts import Contrast
from nestimate.results.estimates.summaries import Check, Question, Summary
from nestimate.results.exports.saved import design_record, rebuilt_design, with_kind

#: What this version writes, and the newest that it reads.
FORMAT = 2
SUFFIX = ".nestimate"
TEXT = "result.json"
#: Fields of records that files of before call otherwise.
FORMER = {("Assumptions", "priors"): "prior", ("Question", "contrasts"): "contrast"}
_RECORDS: tuple[type[Any], ...] = (
    *(Roles, Level, Readings, UnitStatistics, Yardstick, Scatter, Structure, Factor, Stratum),
    *(Effect, Crossing, Surface, Profiles, Coding),
    *(Assumptions, Fit, Chains, Question, Contrast, Summary, Check, Linear, Ratio, Remedy),
    *(Logit, OddsRatio),
    *KINDS,
)
RECORDS = {record.__name__: record for record in _RECORDS}


def write(answer: Answer, path: Path) -> None:
    """Write an answer with its draws, design and options."""
    arrays: list[np.ndarray] = []
    record = {f.name: _plain(getattr(answer, f.name), arrays) for f in fields(answer)}
    with ZipFile(path, "w", ZIP_DEFLATED) as archive:
        archive.writestr(TEXT, json.dumps({"nestimate_result": FORMAT, "answer": record}))
        for i, array in enumerate(arrays):
            with archive.open(f"{i}.npy", "w", force_zip64=True) as stream:
                np.lib.format.write_array(stream, array, allow_pickle=False)


def read[T: Answer](path: Path, kind: type[T]) -> T:
    """Read an answer of this kind.

    Raises
    ------
    DataError
        When the file is absent, is something else, is damaged or comes from a later version.
    """
    if not path.is_file():
        raise DataError(f"there is no file {path}. Results are written by result.save(...).")
    try:
        with ZipFile(path) as archive:
            told = json.loads(archive.read(TEXT))
            if told["nestimate_result"] > FORMAT:
                raise DataError(
                    f"{path} was saved by a later nestimate (format {told['nestimate_result']}; "
                    f"this one reads up to {FORMAT}): update nestimate to load it."
                )
            record = {name: _rebuilt(v, archive) for name, v in told["answer"].items()}
        return kind(**record)
    except (BadZipFile, KeyError, TypeError, ValueError, AttributeError, EOFError) as error:
        if isinstance(error, DataError):
            raise
        raise DataError(
            f"{path} is not a result of nestimate, or is damaged: load reads what "
            f"result.save('name{SUFFIX}') wrote."
        ) from None


def _plain(value: Any, arrays: list[np.ndarray]) -> Any:
    """Return a value as JSON can hold it; arrays are put aside and numbered."""
    match value:
        case Advice():
            return {"advice": [_plain(part, arrays) for part in value.parts]}
        case None | bool() | int() | float() | str():
            return _simple(value)
        case np.generic():
            return value.item()
        case np.ndarray():
            arrays.append(value)
            return {"array": len(arrays) - 1, "frozen": not value.flags.writeable}
        case Model():
            parts = {"design": value.design, "assumptions": value.assumptions}
            return {"model": {name: _plain(part, arrays) for name, part in parts.items()}}
        case Design():
            kept = {name: _plain(v, arrays) for name, v in design_record(value).items()}
            return {"record": "Design", "fields": kept}
        case Draws():
            return _plain(value.named(), arrays)
        case Role():
            return {"role": value.value}
        case tuple():
            return {"tuple": [_plain(inner, arrays) for inner in value]}
        case list():
            return [_plain(inner, arrays) for inner in value]
        case Mapping():
            return {"mapping": [[key, _plain(inner, arrays)] for key, inner in value.items()]}
    if not is_dataclass(value) or type(value).__name__ not in RECORDS:
        raise TypeError(f"{type(value).__name__} cannot be saved")
    inner = {f.name: _plain(getattr(value, f.name), arrays) for f in fields(value)}
    return {"record": type(value).__name__, "fields": inner}


def _simple(value: Any) -> Any:
    if isinstance(value, Lost):
        return {"lost": str(value)}
    return value.item() if isinstance(value, np.generic) else value


def _rebuilt(told: Any, archive: ZipFile) -> Any:
    """Return what `_plain` was given."""
    match told:
        case list():
            return [_rebuilt(inner, archive) for inner in told]
        case {"tuple": inner}:
            return tuple(_rebuilt(each, archive) for each in inner)
        case {"mapping": pairs}:
            return {key: _rebuilt(inner, archive) for key, inner in pairs}
        case {"array": int(i), "frozen": bool(frozen)}:
            with archive.open(f"{i}.npy") as stream:
                array = np.lib.format.read_array(stream, allow_pickle=False)
            array.setflags(write=not frozen)
            return array
        case {"model": parts}:
            return Model.from_design(
                _rebuilt(parts["design"], archive), _rebuilt(parts["assumptions"], archive)
            )
        case {"role": str(name)}:
            return Role(name)
        case {"lost": str(text)}:
            return Lost(text)
        case {"advice": parts}:
            return Advice(*(_rebuilt(part, archive) for part in parts))
        case {"record": name, "fields": inner}:
            return _record(name, {key: _rebuilt(part, archive) for key, part in inner.items()})
        case dict():
            raise ValueError("not a record of nestimate")
    return told


def _record(name: str, kept: dict[str, Any]) -> Any:
    """Return a record from its fields, whichever version wrote them."""
    kept = {FORMER.get((name, field), field): value for field, value in kept.items()}
    match name:
        case "Summary":
            return Summary(**with_kind(kept))
        case "Design":
            return rebuilt_design(kept)
        case "Fit":
            named, chains = kept["model"].draws, kept.get("chains")
            if chains is not None:
                chains = Chains(**{**vars(chains), "draws": named(chains.draws)})
            return Fit(**{**kept, "draws": named(kept["draws"]), "chains": chains})
        case "Terms" | "Inner" | "Chains":  # what is made of them needs what stands around them
            return SimpleNamespace(**kept)
        case "Effect" if "scale" in kept:
            return SimpleNamespace(**kept)
    return RECORDS[name](**kept)
