"""The verbs of `ptdevice-sim`, a module each: `add(verbs)` adds its arguments, `run(options)` does it and returns a code.

A verb imports what is heavy, or comes with the extra [sim], when it runs.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import argparse

    Verbs = argparse._SubParsersAction[argparse.ArgumentParser]  # noqa: SLF001 - argparse has no public name for it
