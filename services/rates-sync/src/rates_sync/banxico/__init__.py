"""Banxico's SIE API: `client` asks, `payload` parses the answer, `series` lists what is recorded.

`body` reads the bytes of an answer, `datum` parses one value, `refusal` an answer without values,
`rejections` collects what can't be used.
"""
