"""Units behind an ESPHome Bluetooth proxy: a device that speaks ESPHome's native API over TCP."""
