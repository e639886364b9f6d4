"""Thousands of endpoints of one experiment: every one estimated, all of them learnt from."""
