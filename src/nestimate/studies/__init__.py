"""Many experiments at once: planning the next one."""
