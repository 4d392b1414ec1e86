"""Numbers for Prometheus, and one word for who only wants to know whether all is well. Opt-in."""
