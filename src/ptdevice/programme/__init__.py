"""Programmes of exercises: what is prescribed, how a day's part of it is guided, and what became of it. Pure."""
