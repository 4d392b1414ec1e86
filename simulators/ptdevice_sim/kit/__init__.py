"""What other people's tests are made of: golden files with readable differences, verdicts for CI, a clinic for pytest."""
