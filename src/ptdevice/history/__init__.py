"""What the journal has, for people and for programs: sessions and sets, one timeline of a person, and exports.

Everything here is worked out from rows that were read; nothing is written but an export.
"""
