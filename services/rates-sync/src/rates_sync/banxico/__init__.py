"""Banxico's SIE API: `client` fetches, `payload` reads what came, `series` says what we ask for.

`payload` reads each value by `datum`, and answers that hold none by `refusal`.
"""
