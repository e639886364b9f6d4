"""How an answer is worked on: threads, progress, stopping, and when to give up."""

import os
import pty
import signal
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
from threadpoolctl import threadpool_info, threadpool_limits

import nestimate as ne
from nestimate import posing
from nestimate.errors import InferenceError
from nestimate.inference import importance, nuts, work
from nestimate.remedies import said
from nestimate.results.analyses.reliability import reliability_checks
from nestimate.results.estimates import quantities
from nestimate.results.words import wording
from test_many_groups import table

DATA = {"a": [5.1, 5.3, 4.9, 5.6], "b": [6.0, 6.2, 5.8, 6.9]}
OPTIONS = {"ess": 400}
MAIN = "from nestimate.apps.cli import main; main()"


@pytest.fixture
def many(tmp_path):
    path = tmp_path / "many.csv"
    pd.DataFrame(table(300)).to_csv(path, index=False)
    return path


def test_a_long_answer_shows_progress_and_ctrl_c_stops_it_cleanly(many, tmp_path):
    out = tmp_path / "answer.json"
    call = ["compare", str(many), "--value", "y", "--group", "g", "--unit", "unit"]
    ours, theirs = pty.openpty()
    running = subprocess.Popen(
        [sys.executable, "-c", MAIN, *call, "--json", str(out)],
        stdout=subprocess.DEVNULL,
        stderr=theirs,
        start_new_session=True,
    )
    os.close(theirs)
    shown, late = b"", time.monotonic() + 100
    while b"Ctrl-C stops it" not in shown and time.monotonic() < late:
        shown += os.read(ours, 4096)
    running.send_signal(signal.SIGINT)
    try:
        while piece := os.read(ours, 4096):
            shown += piece
    except OSError:
        pass  # the other end is closed
    os.close(ours)
    assert running.wait(30) == 130
    assert b"Traceback" not in shown
    assert b"Stopped." in shown
    assert sorted(path.name for path in tmp_path.iterdir()) == ["many.csv"]


def test_nothing_is_shown_elsewhere_than_on_a_terminal(capfd):
    ne.compare(DATA, options=OPTIONS)
    assert capfd.readouterr() == ("", "")


def test_progress_is_told_to_who_asks():
    told = []
    with work.using(work.Work(progress=told.append)):
        ne.compare(DATA, options=OPTIONS)
    assert any("400 effective draws" in what for what in told)
    told.clear()
    ne.compare(DATA, options=OPTIONS)
    assert told == []


def test_without_threads_the_answer_is_the_same(monkeypatch):
    usual = ne.compare(DATA, options=OPTIONS)

    def refuse(*_, **__):
        raise RuntimeError("can't start new thread")

    monkeypatch.setattr(work, "ThreadPoolExecutor", refuse)
    monkeypatch.setattr(sys, "platform", "emscripten")
    bare = ne.compare(DATA, options=OPTIONS)
    assert np.array_equal(bare.fit.z, usual.fit.z)
    assert str(bare) == str(usual)


def test_one_thread_starts_no_other():
    with work.using(work.Work(threads=1)), work.threads() as threads:
        assert not isinstance(threads, ThreadPoolExecutor)
        assert list(threads.map(abs, [-1, 2])) == [1, 2]


def _blas():
    return [pool["num_threads"] for pool in threadpool_info() if pool["user_api"] == "blas"]


@pytest.mark.parametrize(
    ("room", "part"),
    [
        (posing, "lines_or_cells"),
        (posing, "cells_apart"),
        (quantities, "group_means"),
        (quantities, "differences"),
    ],
)
def test_linear_algebra_keeps_to_one_thread_from_the_design_to_the_summaries(
    monkeypatch, room, part
):
    """Of cells of twelve mice, two threads took six times the processor time of one."""
    seen, usual = [], getattr(room, part)

    def watched(*arguments):
        seen.extend(_blas())
        return usual(*arguments)

    monkeypatch.setattr(room, part, watched)
    with threadpool_limits(2, user_api="blas"):  # also on one core, or where one thread is usual
        before = _blas()
        str(ne.compare(DATA, options=OPTIONS))
        after = _blas()
    assert seen
    assert set(seen) == {1}
    assert set(before) == {2}
    assert after == before


def _fit(**known):
    held = {"model": SimpleNamespace(density=None), "chains": None, "at_edge": ("", 0.0)} | known
    return SimpleNamespace(**{"ess": 9000.0, "pareto_k": 0.2} | held)


def test_too_few_draws_say_what_to_ask_for():
    fit = _fit()
    fit.ess = 4568.0
    withheld = wording.withheld(reliability_checks(fit, 10_000))
    assert "ask for --ess 4000." in said(withheld, "shell")
    assert "options={'ess': 4000}" in said(withheld, "python")
    fit.ess = 310.0
    assert "ask for" not in wording.withheld(reliability_checks(fit, 10_000))


def test_fewer_draws_are_no_remedy_where_the_draws_cannot_be_trusted():
    fit = _fit(pareto_k=0.86)
    fit.ess = 4774.0
    assert "ask for" not in wording.withheld(reliability_checks(fit, 10_000))


def test_a_prior_far_from_all_data_is_found_out_without_nuts(monkeypatch):
    def refuse(*_, **__):
        raise AssertionError("no sampler can mend a prior")

    monkeypatch.setattr(nuts, "sample_twin", refuse)
    monkeypatch.setattr(nuts, "installed", lambda: True)
    result = ne.compare(DATA, options={"prior": {"mu": "normal(1e6, 1)"}})
    assert not result.passed
    assert "prior" in str(result)


def test_nuts_as_the_last_resort_runs_once(monkeypatch):
    calls = []
    usual = importance.sample

    def short(*arguments):
        found = usual(*arguments)
        return found.__class__(**{**vars(found), "pareto_k": 0.9})

    def counted(model, **how):
        calls.append(how)
        raise InferenceError("enough seen")

    monkeypatch.setattr(importance, "sample", short)
    monkeypatch.setattr(nuts, "sample_twin", counted)
    monkeypatch.setattr(nuts, "installed", lambda: True)
    with pytest.raises(InferenceError):
        ne.compare(DATA, options=OPTIONS)
    assert [how["once"] for how in calls] == [True]


CROSSED = {
    "y": [1.0, 2.1, 2.9, 1.2, 2.4, 3.3, 0.8, 1.9, 3.1, 1.4, 2.2, 3.0],
    "arm": ["p", "q"] * 6,
    "plate": list("aaabbbcccddd"),
    "day": list("xyzxyzxyzxyz"),
}


def test_crossed_factors_with_student_effects_say_what_to_install(monkeypatch):
    monkeypatch.setattr(nuts, "installed", lambda: False)
    with pytest.raises(InferenceError) as refused:
        ne.fit("y ~ arm + (1|plate) + (1|day)", CROSSED, options={"robust": "units"})
    assert "pip install 'nestimate[pymc]'" in str(refused.value)
    assert "to_pymc" not in str(refused.value)
