"""Priors, parameters, collapsed likelihoods, and the same model for PyMC."""
