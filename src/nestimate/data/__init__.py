"""Any table of readings, turned into a design."""
