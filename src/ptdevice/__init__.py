"""ptdevice joins Bluetooth LE stimulators and motion sensors to MQTT, for back-pain physical therapy.

Not a medical device. docs/architecture.md draws the rooms; `model` holds the words everything else is said in.
"""

__version__ = "0.1.0"
