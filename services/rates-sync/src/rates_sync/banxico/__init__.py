"""Banxico's SIE API: `client` asks, `payload` parses the answer, `series` lists what is recorded.

`datum` parses one value, `refusal` an answer without values.
"""
