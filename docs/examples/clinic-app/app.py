"""The application under test: counts repetitions as a ptdevice gateway records them."""

import json

import paho.mqtt.client as mqtt


class Counter:
    def __init__(self, host, port, root="ptdevice-sim/v1"):
        self.repetitions, self.gateway = 0, "unknown"
        self.client = mqtt.Client(mqtt.CallbackAPIVersion.VERSION2)
        self.client.on_message = self.hear
        self.client.connect(host, port)
        self.client.subscribe([(f"{root}/+/+/evt/exercise/repetition", 1), (f"{root}/+/+/status", 1)])

    def hear(self, client, userdata, message):
        body = json.loads(message.payload)
        if message.topic.endswith("/status"):
            self.gateway = body["state"]
        else:
            self.repetitions += 1

    def __enter__(self):
        self.client.loop_start()
        return self

    def __exit__(self, *error):
        self.client.disconnect()
        self.client.loop_stop()
