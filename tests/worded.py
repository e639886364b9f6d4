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


def assert_numbers_are_those_of(sentences, record, allowed=("0", "1", "2007")):
    known = numbers_of(record)
    for sentence in sentences:
        for found in re.findall(r"(?<![\w.])-?\d[\d,]*(?:\.\d+)?(?:e[+-]?\d+)?", sentence):
            if found in allowed:
                continue
            if found in ("0.001", "0.999") and re.search(f"[<>] {found}", sentence):
                # A limit is said of a probability beyond it.
                assert any(0 <= v < 0.001 or 0.999 < v <= 1 for v in known), (found, sentence)
                continue
            said = found.replace(",", "").rstrip(".")
            places = len(said.partition(".")[2])
            unit = 0.5 * 10**-places * 1.001
            assert any(abs(value - float(said)) <= unit for value in known), (found, sentence)
