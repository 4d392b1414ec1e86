"""The real daemon for hours, with a fault every few seconds: `make soak HOURS=2`.

The daemon, the simulated units behind a private bus, a Mosquitto and a consumer are processes of their own. Whatever can go
wrong between them goes wrong, in an order that a seed decides; every ten seconds the daemon is looked at from outside. At the
end stands a report, and the exit code says whether something leaked, was lost, or did not come back.
"""
