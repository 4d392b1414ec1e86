"""Software units, the airs that carry them, and the demo. Everything here is marked as simulated, from unit to topic."""
