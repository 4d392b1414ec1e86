"""Two sensors on one back: their clocks laid together, and the angle between them in the plane in which a person bends."""
