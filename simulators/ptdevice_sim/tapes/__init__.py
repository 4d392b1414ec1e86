"""Tapes played again: to a codec (`deck`, `playing`), or as a unit (`unit`); and made from captures of other programs."""
