"""Measures rates-api beside what a user would otherwise run, and plans its fleet."""
