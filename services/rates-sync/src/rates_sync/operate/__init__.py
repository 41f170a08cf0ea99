"""The internal port for operators: their `operations`, `health`, and `problems` for errors."""
