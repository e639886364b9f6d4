"""Adapters: no statistics in here."""
