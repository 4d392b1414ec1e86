"""Bluetooth LE: the only room that imports bleak. `Radio` is its door."""
