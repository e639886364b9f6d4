"""Columns that play no role, and what they do to what is compared."""
