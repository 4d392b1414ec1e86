"""A Mosquitto for a site, as text: its configuration, who may do what, and how passwords or certificates are made. Pure.

For Mosquitto 2.0.11 and newer. Everything is denied that `mqtt.roles` does not name.
"""

from __future__ import annotations

import shlex
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ptdevice.mqtt.roles import DISCOVERY, Role, User, rights

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import PurePath

CONF, ACL, PASSWORDS, SCRIPT = "ptdevice.conf", "ptdevice.acl", "passwords", "certificates.sh"
LOOPBACK = "127.0.0.1"
DAYS = 397  # of a certificate, after which it must be renewed; the longest that browsers and many tools take


@dataclass(frozen=True, slots=True)
class Plan:
    """A broker. `folder` is where its files will be, `host` the name by which it is reached and which its certificate has.

    Raises ValueError where a user's certificate would have the name of another file.
    """

    site: str
    users: tuple[User, ...]
    folder: PurePath
    host: str
    port: int
    tls: bool = True
    certificates: bool = False  # whether users prove themselves by certificates, and not by passwords
    simulated: bool = False
    discovery: str = DISCOVERY

    def __post_init__(self) -> None:
        if self.certificates and (taken := {"ca", "broker"} & {user.name for user in self.users}):
            raise ValueError(f"{min(taken)} is a file of the broker's own; name the user otherwise")

    @property
    def gateways(self) -> tuple[str, ...]:
        """The gateways of the site, by name."""
        return tuple(user.name for user in self.users if user.role is Role.GATEWAY)

    def files(self) -> dict[str, str]:
        """What is to be written, by name."""
        found = {CONF: configuration(self), ACL: access(self)}
        return found | {SCRIPT: certificates_script(self)} if self.tls else found


def configuration(plan: Plan) -> str:
    """The configuration: one listener, nobody without a name, and bounds in bytes."""
    folder = plan.folder
    lines = [
        "# Written by `ptdevice mosquitto-config`, for Mosquitto 2.0.11 and newer.",
        "allow_anonymous false",
        f"acl_file {folder / ACL}",
        *([] if plan.certificates else [f"password_file {folder / PASSWORDS}"]),
        "",
        *(_tls_listener(plan) if plan.tls else _plain_listener(plan)),
        "",
        "# Without this a question and its answer at QoS 1 wait 40 ms and more for each other, even on one machine.",
        "set_tcp_nodelay true",
        "# A subscriber that was away for an hour gets all of it: the bound is bytes, not the default of 1000 messages.",
        "max_queued_messages 0",
        "max_queued_bytes 67108864",
        "# At least the window of ptdevice, which is 20.",
        "max_inflight_messages 20",
        "# A record has 500 to 700 bytes, a batch of live values some 10 kB. Whatever is larger is a mistake.",
        "message_size_limit 262144",
        "",
        "# Survive a restart, and write at the latest every 100 changes. The record is the gateway's journal, not this.",
        "persistence true",
        "autosave_on_changes true",
        "autosave_interval 100",
        "# A subscriber that does not come back for two weeks is forgotten.",
        "persistent_client_expiration 14d",
    ]
    return "\n".join(lines) + "\n"


def _plain_listener(plan: Plan) -> list[str]:
    return [
        "# Programs on this machine only: what goes through here, passwords included, is not encrypted.",
        f"listener {plan.port} {LOOPBACK}",
    ]


def _tls_listener(plan: Plan) -> list[str]:
    folder = plan.folder
    return [
        f"listener {plan.port}",
        f"cafile {folder / 'ca.pem'}",
        f"certfile {folder / 'broker.pem'}",
        f"keyfile {folder / 'broker.key'}",
        "# The oldest that is let in.",
        "tls_version tlsv1.2",
        *(
            [
                "# A user is who the certificate's common name says.",
                "require_certificate true",
                "use_identity_as_username true",
            ]
            if plan.certificates
            else []
        ),
    ]


def access(plan: Plan) -> str:
    """Who may do what. Lines before the first user would be for those without a name, and there are none."""
    return (
        "# Written by `ptdevice mosquitto-config`. What is not here is denied; after a change: systemctl reload mosquitto\n"
        + "".join(line for user in plan.users for line in _of_user(plan, user))
    )


def _of_user(plan: Plan, user: User) -> Iterator[str]:
    of = f", units {', '.join(user.units)}" if user.units else ""
    yield f"\n# {user.role}{of}\nuser {user.name}\n"
    for right in rights(user, plan.site, plan.gateways, simulated=plan.simulated, discovery=plan.discovery):
        yield f"topic {right.access} {right.topic}\n"


def certificates_script(plan: Plan) -> str:
    """A shell script with OpenSSL's own command, to be read before it is run: an authority, the broker, the users."""
    names = [user.name for user in plan.users] if plan.certificates else []
    lines = [
        "#!/bin/sh",
        "# Makes an authority (ca.key: keep it elsewhere, off line), the broker's certificate"
        + (", and the users'." if names else "."),
        "# What is there already is kept; delete a .pem to renew it. The extensions are those that RFC 5280 asks for.",
        "set -eu",
        'cd "$(dirname "$0")"',
        "umask 077",
        "[ -f ca.pem ] || openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -noenc -days 3650 \\",
        f"    -keyout ca.key -out ca.pem -subj {shlex.quote(f'/CN=ptdevice {plan.site}')} \\",
        "    -addext basicConstraints=critical,CA:TRUE,pathlen:0 -addext keyUsage=critical,keyCertSign,cRLSign",
        "sign() {  # name, use, alternative names",
        '    [ -f "$1.pem" ] && return',
        f"    openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -noenc -days {DAYS} \\",
        '        -keyout "$1.key" -out "$1.pem" \\',
        '        -CA ca.pem -CAkey ca.key -subj "/CN=$1" ${3:+-addext "subjectAltName=$3"} \\',
        "        -addext basicConstraints=critical,CA:FALSE -addext keyUsage=critical,digitalSignature \\",
        '        -addext "extendedKeyUsage=$2"',
        "}",
        f"sign broker serverAuth {shlex.quote(_alternative_names(plan.host))}",
        *(f"sign {name} clientAuth" for name in names),
    ]
    return "\n".join(lines) + "\n"


def _alternative_names(host: str) -> str:
    is_address = ":" in host or host.replace(".", "").isdigit()
    names = [f"{'IP' if is_address else 'DNS'}:{host}"]
    return ",".join(dict.fromkeys([*names, "DNS:localhost", f"IP:{LOOPBACK}"]))


def instructions(plan: Plan) -> str:
    """What is left to do by hand, in order."""
    conf = f"/etc/mosquitto/conf.d/{CONF}"
    folder, script, passwords, own = (
        shlex.quote(str(path))
        for path in (plan.folder, plan.folder / SCRIPT, plan.folder / PASSWORDS, plan.folder / CONF)
    )
    lines = []
    if plan.tls:
        lines += ["Certificates, and their keys, where there are none yet:", f"  sh {script}"]
    if plan.certificates:
        lines += ["Give each user NAME.pem, NAME.key and ca.pem, and nobody ca.key.", ""]
    else:
        made = [f"  mosquitto_passwd {passwords} {user.name}" for user in plan.users]
        lines += ["Passwords, each asked for twice:", f"  touch {passwords}", *made, ""]
    lines += [
        "For the broker alone, and then for use:",
        f"  chown -R mosquitto: {folder} && chmod 700 {folder}",
        f"  ln -s {own} {conf}",
        "  systemctl restart mosquitto",
        "",
        *_beside(plan),
        "In the configuration of each gateway:",
        "  [mqtt]",
        f'  host = "{plan.host}"',
        f"  port = {plan.port}",
    ]
    if not plan.certificates:
        lines += ['  username = "NAME of the gateway"', '  password_file = "mqtt-password"']
    if plan.tls:
        lines += ["  tls = true", '  ca_file = "ca.pem"']
    if plan.certificates:
        lines += ['  cert_file = "NAME.pem"', '  key_file = "NAME.key"']
    if homes := [user.name for user in plan.users if user.role is Role.HOME_ASSISTANT]:
        lines += ["  [home_assistant]", "  discovery = true", f'  requester = "{homes[0]}"', ""]
        lines += [
            f"If Home Assistant serves other devices by this broker, give it and them their topics in {ACL} as well."
        ]
    return "\n".join(lines) + "\n"


def _beside(plan: Plan) -> list[str]:
    """What each gateway needs of these files: the folder itself is closed to everybody but the broker."""
    files = []
    if plan.tls:
        files.append("  ca.pem: a copy; it is no secret (chmod 644)")
    if not plan.certificates:
        files.append(
            "  mqtt-password: the gateway's password, in one line, for its service only (docs/config.md, Secrets)"
        )
    return ["Beside the configuration of each gateway:", *files, ""]
