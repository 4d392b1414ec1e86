"""What can go wrong with a clinic in somebody's test, in words for the person who wrote the test."""

from __future__ import annotations


class ClinicError(RuntimeError):
    """The clinic itself is in trouble: its broker, its scenario, or a deadline. Not what the test is about."""


class GoldenMismatchError(AssertionError):
    """What was said is not what the golden file expects; the text tells where."""
