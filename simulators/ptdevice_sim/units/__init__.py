"""The simulated units, one file each."""
