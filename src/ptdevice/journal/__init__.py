"""The record on disk: written first, published second. A store and an outbox in one SQLite file.

`Journal` is what the daemon sees: it never blocks the event loop. `store` holds the SQL and is used by one thread only.
"""

from ptdevice.journal.delivery import Delivery, Extent
from ptdevice.journal.store import Counts
from ptdevice.journal.uuid7 import uuid7
from ptdevice.journal.writer import Journal

__all__ = ["Counts", "Delivery", "Extent", "Journal", "uuid7"]
