"""The internal port for operators: `access`, `operations`, `review`, `health`, `problems`."""
