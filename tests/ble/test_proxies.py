"""The extra `proxy` is loaded where a proxy is configured, and nowhere else."""

from __future__ import annotations

import subprocess
import sys

from ptdevice.ble.proxies import LIBRARY, ProxyAt


def test_the_daemon_does_not_load_it() -> None:
    program = f"import sys, ptdevice.daemon; sys.exit('{LIBRARY}' in sys.modules or 'aioesphomeapi' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", program], check=False).returncode == 0  # noqa: S603 - this interpreter


def test_a_key_is_in_no_text_about_a_proxy() -> None:
    at = ProxyAt("hall", "192.0.2.7", 6053, "key-of-the-hall")
    assert "key-of-the-hall" not in f"{at!r} {at}"
