"""The verbs of the command line that have a file of their own.

Each has `add(verbs, loudness)`, which makes its parser and names, with `set_defaults(carry_out=...)`, the function that takes
the options and the environment, does it, and gives back the exit code. What is heavy is imported there, when it runs.
"""
