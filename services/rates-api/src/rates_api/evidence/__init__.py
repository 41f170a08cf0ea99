"""EVIDENCE of what the API says: read from the record on demand, held in no snapshot.

Rule R6's one exception: a request waits for it, for a while.
"""
