"""What Ed25519 signatures are made over, and how keys are named: bytes and names, no cryptography.

Whoever signs or verifies has a library for that.
"""
