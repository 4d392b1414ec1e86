"""Why a broker could not be had, in words that say what to do."""

from __future__ import annotations

import ssl
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ptdevice.mqtt.client.broker import Broker

# Results of X509_verify_cert, by number (OpenSSL 3, include/openssl/x509_vfy.h).
NOT_YET_VALID, EXPIRED = 9, 10
UNKNOWN_AUTHORITY = frozenset(
    {18, 19, 20, 21}
)  # self-signed, alone or in the chain; issuer not found; first not verified
OTHER_NAME = frozenset({62, 64})  # host name mismatch, address mismatch

# Alerts by which the broker refuses *us* (RFC 8446, 6), as OpenSSL calls them.
ASKS_FOR_OURS = {
    "TLSV13_ALERT_CERTIFICATE_REQUIRED": "asks for a certificate of ours",
    # All that TLS 1.2 has for it, and for no cipher in common.
    "SSLV3_ALERT_HANDSHAKE_FAILURE": "refuses to talk, most often because it asks for a certificate of ours",
}
REFUSES_OURS = {
    "TLSV1_ALERT_UNKNOWN_CA": "its cafile does not have who signed it",
    "SSLV3_ALERT_CERTIFICATE_EXPIRED": "it has expired",
    "SSLV3_ALERT_CERTIFICATE_REVOKED": "it is revoked",
    "SSLV3_ALERT_BAD_CERTIFICATE": "it cannot be verified",
    "SSLV3_ALERT_CERTIFICATE_UNKNOWN": "it is not accepted",
    "SSLV3_ALERT_UNSUPPORTED_CERTIFICATE": "it is of a kind that it does not take",
}
NO_TLS = frozenset({"WRONG_VERSION_NUMBER", "HTTP_REQUEST", "RECORD_LAYER_FAILURE", "UNEXPECTED_MESSAGE"})
TOO_OLD = frozenset({"UNSUPPORTED_PROTOCOL", "TLSV1_ALERT_PROTOCOL_VERSION", "NO_PROTOCOLS_AVAILABLE"})


def tls_trouble(error: ssl.SSLError, broker: Broker) -> str:
    """What TLS objected to, on which side, and where to mend it."""
    reason = getattr(error, "reason", None)
    if isinstance(error, ssl.SSLCertVerificationError):
        why = _broker_unproven(error, broker)
    elif reason in ASKS_FOR_OURS:
        why = f"it {ASKS_FOR_OURS[reason]}. Set mqtt.cert_file and mqtt.key_file to one that its cafile knows."
        if broker.tls is not None and broker.tls.cert_file is not None:
            why = f"it does not take our certificate {broker.tls.cert_file}. Is it for clients, and by whom it trusts?"
    elif reason in REFUSES_OURS:
        why = f"it refuses our certificate (mqtt.cert_file): {REFUSES_OURS[reason]}."
    elif reason in NO_TLS:
        why = f"port {broker.port} does not speak TLS. Brokers mostly use 8883 for it; or set mqtt.tls = false."
    elif reason in TOO_OLD:
        why = "it speaks no TLS 1.2 or newer, and older is not safe. Bring the broker up to date."
    else:
        why = f"{error}."
    return f"TLS with the broker {broker} failed: {why}"


def _broker_unproven(error: ssl.SSLCertVerificationError, broker: Broker) -> str:
    """The broker's certificate does not prove what it should."""
    code = error.verify_code
    if code in OTHER_NAME:
        return (
            f"its certificate is for another name than {broker.host}. Set mqtt.host to a name that is in it, or give the "
            "broker one with this name (subjectAltName)."
        )
    if code == EXPIRED:
        return "its certificate, or its authority's, has expired, by this host's clock. Renew it at the broker."
    if code == NOT_YET_VALID:
        return "its certificate is not valid yet, by this host's clock. Is that set? Many Raspberry Pis have no battery for it."
    if code in UNKNOWN_AUTHORITY:
        known = "the system's authorities" if broker.tls is None or broker.tls.ca_file is None else broker.tls.ca_file
        return (
            f"its certificate is signed by nobody that {known} {'have' if isinstance(known, str) else 'has'}. "
            "Set mqtt.ca_file to the authority's certificate (PEM) that signed the broker's."
        )
    return f"its certificate cannot be verified: {error.verify_message}."


def closed_early(broker: Broker) -> str:
    """It hung up instead of answering: the usual reasons, as far as they can be told from here."""
    if broker.tls is None:
        return "Is that port MQTT's, and does it want TLS (mqtt.tls, mostly port 8883)?"
    if broker.tls.cert_file is None:
        return "Does it ask for a certificate of ours (mqtt.cert_file and mqtt.key_file)?"
    return "Does it take our certificate (mqtt.cert_file)?"
