# SPDX-License-Identifier: Apache-2.0
"""The root of this package's errors; each module draws its own branch.

ProtocolError
├── rmap.RmapError                     a packet, or a field of one, that RMAP cannot carry
├── header.HeaderError                 a header that is too short, or a field value that does not fit
├── space_packet.SpacePacketError
├── pus.PusError
├── cuc.CucError
├── tables.TableError                  a TOML table that is not what its reader declares
├── packet_definition.DictionaryError  raw values or octets that do not fit a packet's definition
├── telecommand.ArgumentError          arguments, or octets of them, that do not fit a telecommand's definition
└── bridge.BridgeError                 a message that the bridge does not define
"""


class ProtocolError(ValueError):
    """Octets or values that a wire format refuses. Subclasses keep the facts as attributes."""
