"""Measures rates-api beside what a user would otherwise run, and plans its fleet.

`python -m bench` runs the benchmark (`./dev bench`), `python -m bench.capacity` the study of the
fleet (`./dev capacity`); README.md says how to read both.
"""
