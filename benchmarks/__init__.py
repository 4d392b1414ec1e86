"""What the README's numbers come from. `python -m benchmarks` prints all of them in one run."""
