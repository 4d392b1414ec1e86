"""Tapes: what passed between a gateway and one unit, line by line, without what identifies the unit. docs/tapes.md. Pure.

`words` is what a tape holds, `writing` and `reading` are its lines, `recorder` fills one from a link.
"""
