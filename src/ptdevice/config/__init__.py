"""The configuration: TOML in, frozen settings out, or every problem at once with its place.

`load` is the door; `Settings` is what the other rooms read; `cautions` tells what is allowed and yet unwise.
"""

from ptdevice.config.bluetooth import Bluetooth
from ptdevice.config.loading import load
from ptdevice.config.log import Log
from ptdevice.config.rules import cautions
from ptdevice.config.settings import Gateway, Journal, Mqtt, Settings, Telemetry, Unit

__all__ = ["Bluetooth", "Gateway", "Journal", "Log", "Mqtt", "Settings", "Telemetry", "Unit", "cautions", "load"]
