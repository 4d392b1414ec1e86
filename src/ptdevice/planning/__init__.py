"""Whether a radio can carry the units of a configuration: worked out, then as tried. Pure."""
