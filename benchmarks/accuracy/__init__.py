"""The counter against recordings of real people: how well, how robustly, beside what other methods, and at what cost."""
