"""WHICH observation answers for a day or a span of days, or why none does, as pure functions.

A day, a list, `current` and `convert` share it, so that they can't disagree.
"""
