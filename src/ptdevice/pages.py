"""Pages of documentation with a part that is made from the code. A test fails while a page is not what the code makes of it."""

from __future__ import annotations

from pathlib import Path

BEGIN, END = "<!-- made from the models -->\n", "<!-- end of what is made from the models -->\n"


def renewed(page: str, made: str) -> str:
    """The page with its made part replaced."""
    before, _, rest = page.partition(BEGIN)
    _, _, after = rest.partition(END)
    return f"{before}{BEGIN}\n{made}\n{END}{after}"


def renew(path: str, made: str) -> None:
    """Renew a page on disk."""
    page = Path(path)
    page.write_text(renewed(page.read_text(encoding="utf-8"), made), encoding="utf-8")
