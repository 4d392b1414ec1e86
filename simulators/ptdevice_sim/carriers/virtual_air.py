"""What is below the host stacks of the virtual radio: bumble's controllers, corrected in places, and the link in memory."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

from bumble import hci, ll
from bumble.controller import Controller
from bumble.device import Device, DeviceConfiguration
from bumble.host import Host as HciHost
from bumble.link import LocalLink
from bumble.transport.common import AsyncPipeSink

if TYPE_CHECKING:
    from bumble.core import PhysicalTransport

RSSI_DBM = -50
DATA_LENGTH = (
    251  # octets of an LE data packet with the length extension; with bumble's 27 every value goes in fragments
)


class Station(Controller):
    """A controller with legacy advertising, whose scan response is its own, and with requests that can be given up."""

    le_acl_data_packet_length = DATA_LENGTH
    le_features = Controller.le_features & ~(hci.LeFeatureMask.LE_EXTENDED_ADVERTISING | hci.LeFeatureMask.LL_PRIVACY)

    def on_advertising_pdu(self, pdu: ll.AdvInd | ll.AdvExtInd) -> None:
        """Report it with its scan response (bumble repeats the advertisement instead), and connect if it was waited for."""
        advertiser = self.link.find_le_controller(pdu.advertiser_address)
        if self.le_scan_enable and advertiser is not None:
            rssi_dbm = self.rssi_dbm()
            kinds = hci.HCI_LE_Advertising_Report_Event.EventType
            for kind, data in (
                (kinds.ADV_IND, pdu.data),
                (kinds.SCAN_RSP, advertiser.le_legacy_advertiser.scan_response_data),
            ):
                report = hci.HCI_LE_Advertising_Report_Event.Report(
                    event_type=kind,
                    address_type=pdu.advertiser_address.address_type,
                    address=pdu.advertiser_address,
                    data=data,
                    rssi=rssi_dbm,
                )
                self.send_hci_packet(hci.HCI_LE_Advertising_Report_Event([report]))
        wanted = self.pending_le_connection
        if wanted is not None and wanted.peer_address == pdu.advertiser_address:
            self.create_le_connection(pdu.advertiser_address)

    def rssi_dbm(self) -> int:
        """How strong an advertisement arrives."""
        return RSSI_DBM

    def on_hci_le_create_connection_cancel_command(
        self, _command: hci.HCI_LE_Create_Connection_Cancel_Command
    ) -> hci.HCI_StatusReturnParameters:
        """Give up a connection request (Core spec Vol 4 Part E 7.8.13); bumble goes on waiting."""
        wanted, self.pending_le_connection = self.pending_le_connection, None
        if wanted is None:
            return hci.HCI_StatusReturnParameters(hci.HCI_ErrorCode.COMMAND_DISALLOWED_ERROR)
        given_up = hci.HCI_LE_Connection_Complete_Event(
            status=hci.HCI_ErrorCode.UNKNOWN_CONNECTION_IDENTIFIER_ERROR,
            connection_handle=0,
            role=hci.Role.CENTRAL,
            peer_address_type=wanted.peer_address.address_type,
            peer_address=wanted.peer_address,
            connection_interval=0,
            peripheral_latency=0,
            supervision_timeout=0,
            central_clock_accuracy=0,
        )
        asyncio.get_running_loop().call_soon(self.send_hci_packet, given_up)
        return hci.HCI_StatusReturnParameters(hci.HCI_ErrorCode.SUCCESS)


class Stack(HciHost):
    """A host stack in which a command can be given up: bumble takes the answer to it for the answer to the next."""

    def on_command_processed(self, event: hci.HCI_Command_Complete_Event[Any] | hci.HCI_Command_Status_Event) -> None:
        """An answer. One that nobody waits for any more goes nowhere."""
        waits = self.pending_response is not None and not self.pending_response.done()
        if waits and self.pending_command is not None and self.pending_command.op_code == event.command_opcode:
            super().on_command_processed(event)


class Air(LocalLink):
    """The link. What is sent by or to an address in `out_of_reach` is never heard."""

    def __init__(self) -> None:
        super().__init__()  # type: ignore[no-untyped-call] # bumble leaves it without types
        self.out_of_reach: set[str] = set()

    def station(
        self, name: str, address: str, configuration: DeviceConfiguration | None = None
    ) -> tuple[Station, Device]:
        """A controller on this air, and the host stack on top of it."""
        configuration = configuration or DeviceConfiguration()
        configuration.name, configuration.address = name, hci.Address(address)
        controller = Station(name, link=self)
        device = Device(config=configuration, host=Stack(controller, AsyncPipeSink(controller)))
        # bumble would wait with `asyncio.wait_for`, which may swallow a cancellation until Python 3.12.
        device.command_timeout = None  # type: ignore[assignment] # it is handed on to `wait_for`
        return controller, device

    # --- a sky for peripherals (ptdevice_sim.carriers.virtual_peripheral.Sky) ---

    def stack(self, configuration: DeviceConfiguration) -> Device:
        """A host stack on a controller of its own."""
        # bumble's controller takes units of 0.625 ms for milliseconds.
        configuration.advertising_interval_min *= 0.625
        configuration.advertising_interval_max *= 0.625
        return self.station(configuration.name, text(configuration.address), configuration)[1]

    def reach(self, address: str, *, within: bool) -> None:
        """Move a unit into reach, or out of it."""
        (self.out_of_reach.discard if within else self.out_of_reach.add)(address)

    async def silence(self, address: str) -> None:
        """No more advertising; `cut` has ended its link."""
        controller = self.find_le_controller(hci.Address(address))
        if controller is not None:
            controller.le_legacy_advertiser.stop()

    def cut(self, address: str, reason: int) -> None:
        """End this unit's connection on both sides at once, as a supervision timeout does. What is under way is lost."""
        for controller in self.controllers:
            for connection in list(controller.le_connections.values()):
                if address in {text(connection.self_address), text(connection.peer_address)}:
                    controller.on_le_disconnected(connection, reason)

    def send_acl_data(
        self, sender_controller: Controller, destination_address: hci.Address, transport: PhysicalTransport, data: bytes
    ) -> None:
        """Carry data, unless one of the two is out of reach."""
        if not self.out_of_reach & {text(sender_controller.random_address), text(destination_address)}:
            super().send_acl_data(sender_controller, destination_address, transport, data)

    def send_advertising_pdu(self, sender_controller: Controller, packet: ll.AdvertisingPdu) -> None:
        """Carry an advertisement or a connection request."""
        addresses = {text(sender_controller.random_address)}
        if isinstance(packet, ll.ConnectInd):
            addresses.add(text(packet.advertiser_address))
        if not self.out_of_reach & addresses:
            super().send_advertising_pdu(sender_controller, packet)

    def send_ll_control_pdu(
        self, sender_address: hci.Address, receiver_address: hci.Address, packet: ll.ControlPdu
    ) -> None:
        """Carry a control message; one of a link that the other side has left already goes nowhere (bumble raises)."""
        receiver = self.find_le_controller(receiver_address)
        if receiver is not None and sender_address in receiver.le_connections:
            super().send_ll_control_pdu(sender_address, receiver_address, packet)


def text(address: hci.Address) -> str:
    """An address as bleak writes it."""
    return address.to_string(with_type_qualifier=False)
