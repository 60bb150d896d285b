# SPDX-License-Identifier: Apache-2.0
"""Acceptance (ECSS-E-ST-70-41C 6.1.4): which octets are a telecommand that this satellite knows, whoever brings them."""

from __future__ import annotations

from flatsat.protocols import pus
from flatsat.protocols.dictionary import Dictionary
from flatsat.protocols.telecommand import ArgumentOutOfRange, TelecommandDefinition, WrongLayout

from .request import Failure, Rejected, Request, Telecommand


class Acceptance:
    """Checks telecommands against the dictionary. It knows no state: duplicates are told elsewhere."""

    def __init__(self, dictionary: Dictionary) -> None:
        self._dictionary = dictionary
        self._services = {definition.service for definition in dictionary.telecommands.values()}
        self._subtypes = {(tc.service, tc.subtype) for tc in dictionary.telecommands.values()}

    def check(self, octets: bytes) -> Telecommand:
        """The telecommand that these octets are.

        Raises Rejected for the first of length, error control, PUS version, APID, service, subtype, layout and range of
        the arguments that is wrong; pus.NotATelecommand for a packet of another kind.
        """
        try:
            packet = pus.parse_telecommand(octets)
        except pus.WrongLength as error:
            raise Rejected(Failure.LENGTH, error.octets) from error
        except pus.WrongErrorControl as error:
            raise Rejected(Failure.ERROR_CONTROL, error.found) from error
        except pus.UnknownVersion as error:
            raise Rejected(Failure.PUS_VERSION, error.version) from error
        if packet.apid != self._dictionary.telecommand_apid:
            raise Rejected(Failure.APID, packet.apid)
        definition = self._definition(packet)
        try:
            arguments = definition.unpack(packet.data)
        except WrongLayout as error:
            raise Rejected(Failure.ARGUMENTS, error.octets) from error
        except ArgumentOutOfRange as error:
            detail = error.value if isinstance(error.value, int) else 0
            raise Rejected(Failure.OUT_OF_RANGE, detail) from error
        return Telecommand(
            request=Request(*packet.request),
            source=packet.header.source,
            apid=packet.apid,
            sequence_count=packet.sequence_count,
            acknowledge=packet.header.acknowledge,
            definition=definition,
            arguments=arguments,
        )

    def _definition(self, packet: pus.Telecommand) -> TelecommandDefinition:
        service, subtype = packet.header.service, packet.header.subtype
        if service not in self._services:
            raise Rejected(Failure.SERVICE, service)
        if (service, subtype) not in self._subtypes:
            raise Rejected(Failure.SUBTYPE, service << 8 | subtype)
        function = packet.data[0] if packet.data else None
        definition = self._dictionary.identify_telecommand(service, subtype, function)
        if definition is not None:
            return definition
        if function is None:
            raise Rejected(Failure.ARGUMENTS, 0)
        raise Rejected(Failure.OUT_OF_RANGE, function)
