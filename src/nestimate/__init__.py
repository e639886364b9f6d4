"""Bayesian estimation of group differences when every data point has replicates."""

from nestimate.comparison import Comparison, compare, fit, load
from nestimate.errors import DataError, DesignError, InferenceError, NestimateError
from nestimate.estimation import Estimate, estimate
from nestimate.examples import example
from nestimate.options import Options
from nestimate.outcomes import Outcomes
from nestimate.overview import Overview, inspect
from nestimate.planning import Planned, plan
from nestimate.screening import Screen, screen
from nestimate.simulate import Scenario, Simulation, simulate

__all__ = [
    "Comparison",
    "DataError",
    "DesignError",
    "Estimate",
    "InferenceError",
    "NestimateError",
    "Options",
    "Outcomes",
    "Overview",
    "Planned",
    "Scenario",
    "Screen",
    "Simulation",
    "compare",
    "estimate",
    "example",
    "fit",
    "inspect",
    "load",
    "plan",
    "screen",
    "simulate",
]
