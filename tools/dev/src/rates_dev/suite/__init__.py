"""`./dev test`: which checks and tests there are, which run here, and the table at the end."""
