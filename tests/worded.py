"""Data with a known truth, and sentences held against the numbers they were written from."""

import re
from itertools import chain

import numpy as np


def nested(*, means, tau, sigma, readings, seed, units=6):
    """Group -> unit -> readings; `readings` is one number or one per unit."""
    rng = np.random.default_rng(seed)
    counts = np.resize(readings, units)
    return {
        g: {
            f"{g}_{chr(97 + u)}": list(rng.normal(rng.normal(m, tau), sigma, counts[u]))
            for u in range(units)
        }
        for g, m in means.items()
    }


def numbers_of(record):
    """Every number of the JSON, shares also as percentages."""
    if isinstance(record, dict):
        return list(chain.from_iterable(numbers_of(v) for v in record.values()))
    if isinstance(record, list | tuple):
        return list(chain.from_iterable(numbers_of(v) for v in record))
    if isinstance(record, bool) or not isinstance(record, int | float):
        return []
    return [record, 100 * record]


def probabilities_of(record, inside=""):
    """Every probability of the JSON: those of rows, and the means of rows of probabilities."""
    if isinstance(record, list | tuple):
        return list(chain.from_iterable(probabilities_of(v, inside) for v in record))
    if not isinstance(record, dict):
        return []
    found = []
    for key, value in record.items():
        if key in ("p_gt_0", "p_in_rope") or (inside == "probabilities" and key == "mean"):
            found += [] if value is None else [value]
        else:
            found += probabilities_of(value, key)
    return found


def assert_numbers_are_those_of(sentences, record, allowed=("0", "1", "2007")):
    known = numbers_of(record)
    for sentence in sentences:
        for found in re.findall(r"(?<![\w.])-?\d[\d,]*(?:\.\d+)?(?:e[+-]?\d+)?", sentence):
            if found in allowed:
                continue
            if found in ("0.001", "0.999") and re.search(f"[<>] {found}", sentence):
                # A limit is said of a probability that lies beyond it, on either side.
                extreme = min(min(p, 1 - p) for p in probabilities_of(record))
                assert extreme < 0.001, (found, sentence)
                continue
            said = found.replace(",", "").rstrip(".")
            places = len(said.partition(".")[2])
            unit = 0.5 * 10**-places * 1.001
            assert any(abs(value - float(said)) <= unit for value in known), (found, sentence)
