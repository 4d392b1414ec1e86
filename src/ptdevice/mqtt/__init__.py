"""MQTT: the published contract, what is said on which topic, and how it gets there.

`contract` and `topics` are pure and say what is published; `commands` is the pure door for requests; `client` is the only
room that imports the MQTT library; `courier` carries the journal and the live values to the broker.
"""
