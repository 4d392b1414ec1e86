"""`ptdevice-sim demo`: a broker, simulated units, the real daemon, and a view of what arrives."""
