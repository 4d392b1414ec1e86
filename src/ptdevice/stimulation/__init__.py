"""Stimulation: what an observed unit did, in sessions and segments."""
