"""The broker's configuration that comes along is one that Mosquitto takes."""

from __future__ import annotations

import getpass
import os
import shutil
import socket
import subprocess
import time
from pathlib import Path

CONF = Path(__file__).parents[2] / "config/mosquitto/ptdevice.conf"
START_S = 10.0


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def accepts(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def test_mosquitto_starts_with_it_and_listens(tmp_path: Path) -> None:
    binary = shutil.which("mosquitto", path=os.environ["PATH"] + ":/usr/sbin:/usr/local/sbin")
    assert binary, "the tests need Mosquitto: apt install mosquitto"
    port = free_port()
    text = CONF.read_text(encoding="utf-8").replace("listener 1883", f"listener {port}")
    conf = tmp_path / "mosquitto.conf"
    conf.write_text(f"{text}\nuser {getpass.getuser()}\npersistence_location {tmp_path}/\n", encoding="utf-8")
    log = tmp_path / "log"
    command = [binary, "-c", str(conf)]
    with log.open("wb") as out, subprocess.Popen(command, stdout=out, stderr=out) as broker:  # noqa: S603 - the broker under test
        try:
            deadline = time.monotonic() + START_S
            while not accepts(port):
                assert broker.poll() is None, log.read_text()
                assert time.monotonic() < deadline, log.read_text()
                time.sleep(0.02)
        finally:
            broker.terminate()
            broker.wait(START_S)
    assert "Error" not in log.read_text()


def test_it_lets_nobody_in_from_outside() -> None:
    listeners = [line for line in CONF.read_text(encoding="utf-8").splitlines() if line.startswith("listener")]
    assert listeners == ["listener 1883 127.0.0.1"]
