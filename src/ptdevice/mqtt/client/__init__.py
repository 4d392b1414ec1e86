"""One connection to a broker: the only room that imports the MQTT library.

The port is small: connect, publish-and-confirm, send, subscribe, messages. The library beneath (aiomqtt 2.5 on paho 2.2) does
the packets; what it leaves open is closed here:

- it swallows a negative PUBACK: here `publish` raises PublishRefusedError with the broker's reason;
- it lets publishers wait out their timeout after the link is lost: here they fail at once with BrokerLostError;
- it throws away what CONNACK says: here the session tells the broker's window and its largest packet;
- it leaves Nagle's algorithm on, which costs 40 to 80 ms per request and answer at QoS 1: here TCP_NODELAY is set;
- a publish that failed is sent all the same when the client object is used again: here a client serves one connection;
- it connects in a thread that a cancellation cannot reach: here the socket is opened by the event loop.

No reconnecting and no queueing: that is `courier`'s.
"""

from ptdevice.mqtt.client.broker import Broker, Tls
from ptdevice.mqtt.client.opening import connect
from ptdevice.mqtt.client.session import Session

__all__ = ["Broker", "Session", "Tls", "connect"]
