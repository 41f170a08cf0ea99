"""A module a command, or two that show the same: what it says, in both languages, and does."""
