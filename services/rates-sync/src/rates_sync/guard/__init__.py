"""What protects Banxico from us and us from Banxico: wrappers of one port, a file each.

`chain` says their order once, with its reason; `limits` are their numbers. None of them knows how
Banxico is asked.
"""
