"""The virtual clinic: a scenario in, a day at the gateway out, in virtual time and with the daemon's own code."""
