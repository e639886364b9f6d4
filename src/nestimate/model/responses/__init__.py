"""Responses: how likely the readings of a unit are, given its true mean."""
