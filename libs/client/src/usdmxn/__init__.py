"""Banco de México's USD/MXN rates, exact to the digit: a client of the rates API."""
