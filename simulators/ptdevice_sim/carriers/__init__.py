"""The airs: the same simulated unit in process, on a private D-Bus, and on a virtual radio."""
