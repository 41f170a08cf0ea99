"""How a question reaches the server and its answer is read: retries, cache, deadlines, streams."""
