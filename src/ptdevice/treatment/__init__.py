"""What must be true of a person before a stimulator may be commanded: prescription, screening, pads, days and gaps. Pure."""
