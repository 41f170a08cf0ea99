"""The internal port for people: operators' `operations`, `health`, and `problems` for errors."""
