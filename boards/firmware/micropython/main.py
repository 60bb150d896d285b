# SPDX-License-Identifier: Apache-2.0
"""The power board in MicroPython (boards/README.md sections 1 to 3 and 6); on a Raspberry Pi Pico its line is USB.

It runs beside `registers.py`, which the build makes; CPython runs it too. MicroPython has no dataclasses, no typed tuples
and no `struct.Struct`, which is why it is not the twin.
"""

import struct
import sys

import registers as r  # type: ignore[import-not-found]

END, ESC, ESC_END, ESC_ESC = 0xC0, 0xDB, 0xDC, 0xDD
LONGEST_PACKET_OCTETS = 4096

# RMAP instruction octet, and lengths (ECSS-E-ST-50-52C)
RESERVED_TYPE, COMMAND, WRITE, VERIFY, ASKS_REPLY, INCREMENTING, REPLY_ADDRESS_WORDS = (
    0x80,
    0x40,
    0x20,
    0x10,
    8,
    4,
    3,
)
CODE = WRITE | VERIFY | ASKS_REPLY | INCREMENTING
READ_MODIFY_WRITE = VERIFY | ASKS_REPLY | INCREMENTING
HEADER_OCTETS = 16
PROTOCOL_IDENTIFIER, KEY = 1, 0x46
LONGEST_ACCESS_OCTETS, LONGEST_VERIFIED_WRITE_OCTETS = 1024, 4

ALL_BITS = 0xFFFFFFFF
NEVER_MS = FARTHEST_TARGET_MS = 0x7FFFFFFF
LIMITERS = range(8)
ALWAYS_FED = 0x80
SHED, ALL = 0x7F, 0xFF
RETRY_MS, OVERCHARGE_MS, OFF_MS = 1000, 100, 1000
UVLO_MS = (500, 1000)  # to enter, to leave
DEAD_MS = (10, 60000)  # to die, to come back
KICK = 0x4B49434B
BOOT_WATCHDOG, BOOT_DEAD_BUS = 1, 2


class Power:
    """Limiters, the guards of battery and bus, the watchdog, and the words of both ports."""

    def __init__(self) -> None:
        self.flight: list[int] = list(r.FLIGHT_RESETS)
        self.stimulus: list[int] = list(r.STIMULUS_RESETS)
        self.flight[r.FLIGHT_BUILD_ID] = self.stimulus[r.STIMULUS_BUILD_ID] = r.BUILD_ID
        self.time_ms = self.dropped = self.rejected = 0
        self.enabled: int = r.FLIGHT_LCL_ENABLE_RESET
        self.tripped = 0
        self.over = [0] * 8
        self.retry = [0] * 8
        self.used = [0] * 8
        self.uvlo = self.overcharged = self.overvoltage = self.bus_dead = 0
        self.uv = self.ov = self.dead = 0
        self.computer_on = 1
        self.off_ms = self.boot_cause = self.watchdog_resets = 0
        self.watchdog = r.FLIGHT_WATCHDOG_MS_RESET

    def on(self) -> int:
        on = self.enabled & ~self.tripped
        return on & ALWAYS_FED if self.uvlo else on

    # registers ---------------------------------------------------------------------------------------

    def refresh(self) -> None:
        flight, stimulus = self.flight, self.stimulus
        switches = flight[r.FLIGHT_SWITCHES]
        strings = 0 if self.overvoltage else flight[r.FLIGHT_STRING_ENABLE]
        closed = switches & (6 if self.overcharged else 7)
        stimulus[r.STIMULUS_ACTUATORS] = (
            self.on() | strings << 8 | closed << 16 | self.computer_on << 19 | (switches >> 4 & 3) << 20
        )
        stimulus[r.STIMULUS_BOOT] = self.watchdog_resets << 8 | self.boot_cause
        stimulus[r.STIMULUS_TIME_NOW] = flight[r.FLIGHT_TIME_NOW] = self.time_ms
        flight[r.FLIGHT_RMAP_ERRORS] = self.dropped << 16 | self.rejected
        protections = self.uvlo | self.overcharged << 1 | self.overvoltage << 2 | self.bus_dead << 3
        flight[r.FLIGHT_STATUS] = protections | self.boot_cause << 8 | self.watchdog_resets << 16
        flight[r.FLIGHT_LCL_STATUS] = self.on() | self.tripped << 8
        for place in range(r.FLIGHT_PACK_TEMPERATURE - r.FLIGHT_BUS + 1):
            flight[r.FLIGHT_BUS + place] = stimulus[r.STIMULUS_BUS + place]
        flight[r.FLIGHT_LCL_ENABLE] = self.enabled
        flight[r.FLIGHT_WATCHDOG_KICK] = self.watchdog

    def write(self, on_stimulus: bool, first: int, words: list[int]) -> None:
        masks = r.STIMULUS_MASKS if on_stimulus else r.FLIGHT_MASKS
        for place, word in enumerate(words):
            index = first + place
            if on_stimulus:
                self.stimulus[index] = word & masks[index]
            else:
                self.write_flight(index, word & masks[index])
        if on_stimulus and first + len(words) > r.STIMULUS_TIME_TARGET:
            ms = (self.stimulus[r.STIMULUS_TIME_TARGET] - self.time_ms) & ALL_BITS
            if 0 < ms <= FARTHEST_TARGET_MS:
                self.time_ms = (self.time_ms + self.live(ms)) & ALL_BITS

    def write_flight(self, index: int, word: int) -> None:
        if index == r.FLIGHT_LCL_ENABLE:
            self.disable(self.enabled & ~word)
            self.enabled = word
        elif index == r.FLIGHT_SWITCHES:
            self.write_switches(word)
        elif index == r.FLIGHT_WATCHDOG_KICK:
            if word == KICK and self.computer_on:
                self.watchdog = self.flight[r.FLIGHT_WATCHDOG_MS]
        else:
            self.flight[index] = word
            if index == r.FLIGHT_WATCHDOG_MS:
                self.watchdog = word

    def write_switches(self, word: int) -> None:
        clears = r.FLIGHT_SWITCHES_OVERCHARGE_CLEAR_MASK | r.FLIGHT_SWITCHES_OVERVOLTAGE_CLEAR_MASK
        self.flight[r.FLIGHT_SWITCHES] = word & ~clears
        if word & r.FLIGHT_SWITCHES_OVERCHARGE_CLEAR_MASK:
            self.overcharged = self.ov = 0
        if word & r.FLIGHT_SWITCHES_OVERVOLTAGE_CLEAR_MASK:
            self.overvoltage = 0

    def disable(self, limiters: int) -> None:
        self.enabled &= ~limiters
        self.tripped &= ~limiters
        for i in LIMITERS:
            if limiters >> i & 1:
                self.over[i] = self.retry[i] = self.used[i] = 0

    # time: the inputs stand still while a grant lasts --------------------------------------------------

    def live(self, ms: int) -> int:
        """Live up to `ms` milliseconds, stopping after one in which the board acts by itself; returns how many."""
        if self.stimulus[r.STIMULUS_STOP_CAUSE]:
            return 0
        self.look()
        quiet_ms = min(ms, max(0, self.quiet_ms()))
        if quiet_ms:
            self.pass_by(quiet_ms)
        if quiet_ms == ms:
            return ms
        self.stimulus[r.STIMULUS_STOP_CAUSE] = self.millisecond()
        return quiet_ms + 1

    def look(self) -> None:
        """What is beyond its limit."""
        flight, stimulus = self.flight, self.stimulus
        self.overloaded = self.waiting = 0
        for i in LIMITERS:
            setting, pair = flight[r.FLIGHT_LCL0 + i], stimulus[r.STIMULUS_LOAD_0_1 + i // 2]
            if self.on() >> i & 1 and (pair & 0xFFFF if i & 1 else pair >> 16) > setting & 0xFFFF:
                self.overloaded |= 1 << i
            elif self.tripped >> i & 1 and self.used[i] < setting >> 24:
                self.waiting |= 1 << i
        voltage, uvlo = stimulus[r.STIMULUS_BATTERY] >> 16, flight[r.FLIGHT_UVLO]
        self.uv_counts = voltage > uvlo >> 16 if self.uvlo else voltage < uvlo & 0xFFFF
        self.ov_counts = not self.overcharged and voltage > flight[r.FLIGHT_OVERCHARGE]
        voltage, limits = stimulus[r.STIMULUS_BUS] >> 16, flight[r.FLIGHT_BUS_LIMITS]
        self.overvoltage_acts = not self.overvoltage and voltage > limits >> 16
        self.dead_counts = (voltage < limits & 0xFFFF) != bool(self.bus_dead)

    def trip_ms(self, limiter: int) -> int:
        setting: int = self.flight[r.FLIGHT_LCL0 + limiter]
        return max(1, setting >> 16 & 0xFF)

    def quiet_ms(self) -> int:
        """Milliseconds before the first one in which the board acts by itself; below 1: the next one."""
        quiet_ms = NEVER_MS
        for i in LIMITERS:
            if self.overloaded >> i & 1:
                quiet_ms = min(quiet_ms, self.trip_ms(i) - self.over[i] - 1)
            elif self.waiting >> i & 1:
                quiet_ms = min(quiet_ms, RETRY_MS - self.retry[i] - 1)
        if self.uv_counts:
            quiet_ms = min(quiet_ms, UVLO_MS[self.uvlo] - self.uv - 1)
        if self.ov_counts:
            quiet_ms = min(quiet_ms, OVERCHARGE_MS - self.ov - 1)
        if self.dead_counts:
            quiet_ms = min(quiet_ms, DEAD_MS[self.bus_dead] - self.dead - 1)
        if not self.bus_dead and not self.computer_on:
            quiet_ms = min(quiet_ms, self.off_ms - 1)
        elif not self.bus_dead and self.flight[r.FLIGHT_WATCHDOG_MS]:
            quiet_ms = min(quiet_ms, self.watchdog - 1)
        return min(quiet_ms, 0) if self.overvoltage_acts else quiet_ms

    def pass_by(self, ms: int) -> None:
        """Let milliseconds pass in which the board does nothing but count."""
        for i in LIMITERS:
            self.over[i] = self.over[i] + ms if self.overloaded >> i & 1 else 0
            if self.waiting >> i & 1:
                self.retry[i] += ms
        self.uv = self.uv + ms if self.uv_counts else 0
        self.ov = self.ov + ms if self.ov_counts else 0
        self.dead = self.dead + ms if self.dead_counts else 0
        if self.bus_dead:
            return
        if not self.computer_on:
            self.off_ms -= ms
        elif self.flight[r.FLIGHT_WATCHDOG_MS]:
            self.watchdog -= ms

    def millisecond(self) -> int:
        """Live one millisecond as boards/README.md has it; returns bits of STOP_CAUSE."""
        stop = 0
        for i in LIMITERS:
            stop |= self.limit(i)
        return stop | self.guard_battery() | self.guard_bus()

    def limit(self, i: int) -> int:
        if self.overloaded >> i & 1:
            self.over[i] += 1
            if self.over[i] < self.trip_ms(i):
                return 0
            self.tripped |= 1 << i
            self.over[i] = self.retry[i] = 0
            if self.flight[r.FLIGHT_LCL_TRIPS] >> 4 * i & 15 < 15:
                self.flight[r.FLIGHT_LCL_TRIPS] += 1 << 4 * i
            return int(r.STIMULUS_STOP_CAUSE_LCL_TRIP_MASK)
        self.over[i] = 0
        if self.waiting >> i & 1:
            self.retry[i] += 1
            if self.retry[i] == RETRY_MS:
                self.retry[i] = 0
                self.used[i] += 1
                self.tripped &= ~(1 << i)
                return int(r.STIMULUS_STOP_CAUSE_LCL_RETRY_MASK)
        return 0

    def guard_battery(self) -> int:
        stop = 0
        self.uv = self.uv + 1 if self.uv_counts else 0
        if self.uv == UVLO_MS[self.uvlo]:
            stop = (
                r.STIMULUS_STOP_CAUSE_UVLO_EXIT_MASK if self.uvlo else r.STIMULUS_STOP_CAUSE_UVLO_ENTER_MASK
            )
            self.uv = 0
            self.uvlo ^= 1
            if self.uvlo:
                self.disable(SHED)
        self.ov = self.ov + 1 if self.ov_counts else 0
        if self.ov == OVERCHARGE_MS:
            self.overcharged, self.ov = 1, 0
            stop |= r.STIMULUS_STOP_CAUSE_OVERCHARGE_MASK
        return stop

    def guard_bus(self) -> int:
        stop = 0
        if self.overvoltage_acts:
            self.overvoltage, stop = 1, r.STIMULUS_STOP_CAUSE_OVERVOLTAGE_MASK
        self.dead = self.dead + 1 if self.dead_counts else 0
        if self.dead != DEAD_MS[self.bus_dead]:
            return stop if self.bus_dead else stop | self.watch_computer()
        self.dead = 0
        self.bus_dead ^= 1
        if not self.bus_dead:
            self.enabled |= ALWAYS_FED
            return stop | self.start_computer()
        self.overvoltage = 0
        self.stop_computer(BOOT_DEAD_BUS, ALL)
        return stop | int(r.STIMULUS_STOP_CAUSE_BUS_DEAD_MASK)

    def watch_computer(self) -> int:
        if not self.computer_on:
            self.off_ms -= 1
            return 0 if self.off_ms else self.start_computer()
        if not self.flight[r.FLIGHT_WATCHDOG_MS]:
            return 0
        if self.watchdog > 1:
            self.watchdog -= 1
            return 0
        self.watchdog_resets = (self.watchdog_resets + 1) & 0xFF
        self.off_ms = OFF_MS
        self.stop_computer(BOOT_WATCHDOG, SHED)
        return int(r.STIMULUS_STOP_CAUSE_WATCHDOG_MASK)

    def start_computer(self) -> int:
        self.computer_on = 1
        self.watchdog = self.flight[r.FLIGHT_WATCHDOG_MS]
        return int(r.STIMULUS_STOP_CAUSE_COMPUTER_ON_MASK)

    def stop_computer(self, boot_cause: int, limiters: int) -> None:
        self.computer_on = self.watchdog = 0
        self.boot_cause = boot_cause
        self.disable(limiters)
        self.flight[r.FLIGHT_STRING_ENABLE] = r.FLIGHT_STRING_ENABLE_RESET
        self.flight[r.FLIGHT_SWITCHES] = r.FLIGHT_SWITCHES_RESET


# RMAP target ------------------------------------------------------------------------------------------


def remainders() -> bytes:
    """CRC of each octet: x^8 + x^2 + x + 1, least significant bit first."""
    table = bytearray(256)
    for octet in range(256):
        crc = octet
        for _ in range(8):
            crc = crc >> 1 ^ (0xE0 if crc & 1 else 0)
        table[octet] = crc
    return bytes(table)


REMAINDERS = remainders()


def crc8(octets: bytes) -> int:
    crc = 0
    for octet in octets:
        crc = REMAINDERS[crc ^ octet]
    return crc


def with_crc(octets: bytes) -> bytes:
    return octets + bytes((crc8(octets),))


class Target:
    """Judges packets and carries them out on the board."""

    def __init__(self) -> None:
        self.board = Power()

    def execute(self, packet: bytes) -> bytes:
        """The reply to a packet; empty where none is due."""
        form = COMMAND | ASKS_REPLY | REPLY_ADDRESS_WORDS
        if (
            len(packet) < HEADER_OCTETS
            or crc8(packet[:HEADER_OCTETS])
            or packet[1] != PROTOCOL_IDENTIFIER
            or packet[2] & form != COMMAND | ASKS_REPLY
        ):
            self.drop()
            return b""
        board = self.board  # which a RESET replaces
        status = self.judge(packet)
        octets = b""
        if not status:
            status, octets = self.carry_out(packet)
        if status:
            board.rejected = (board.rejected + 1) & 0xFFFF
        header = bytes((packet[4], PROTOCOL_IDENTIFIER, packet[2] & 0x3F, status, packet[0])) + packet[5:7]
        if packet[2] & WRITE:
            return with_crc(header)
        return with_crc(header + struct.pack(">I", len(octets))) + with_crc(octets)

    def drop(self) -> None:
        self.board.dropped = (self.board.dropped + 1) & 0xFFFF

    def judge(self, packet: bytes) -> int:
        """The first rule of the status table that the packet breaks, 0 for none."""
        code, length = packet[2] & CODE, struct.unpack(">I", packet[12:16])[0] >> 8
        if packet[0] not in (r.FLIGHT_ADDRESS, r.STIMULUS_ADDRESS):
            return 12
        if packet[2] & RESERVED_TYPE or code == VERIFY | ASKS_REPLY:
            return 2
        if packet[3] != KEY:
            return 3
        if code == READ_MODIFY_WRITE and length != 8:
            return 11
        if code & WRITE and code & VERIFY and length > LONGEST_VERIFIED_WRITE_OCTETS:
            return 9
        if not self.allows(packet, code, 4 if code == READ_MODIFY_WRITE else length):
            return 10
        expected = HEADER_OCTETS + length + 1 if code & (WRITE | VERIFY) else HEADER_OCTETS
        if len(packet) != expected:
            return 5 if len(packet) < expected else 6
        return 4 if code & (WRITE | VERIFY) and crc8(packet[HEADER_OCTETS:]) else 0

    def allows(self, packet: bytes, code: int, octets: int) -> bool:
        address = struct.unpack(">I", packet[8:12])[0]
        on_stimulus = packet[0] == r.STIMULUS_ADDRESS
        if packet[7] or address & 3 or octets & 3 or not octets:
            return False
        if not code & INCREMENTING:
            return bool(
                on_stimulus and code & WRITE and (address, octets) == (r.RESET_WINDOW, r.RESET_OCTETS)
            )
        end = r.STIMULUS_END if on_stimulus else r.FLIGHT_END
        first = r.STIMULUS_WRITABLE_FROM if on_stimulus else r.FLIGHT_WRITABLE_FROM
        if code == ASKS_REPLY | INCREMENTING:
            first = 0
        return bool(octets <= LONGEST_ACCESS_OCTETS and first <= address and address + octets <= end)

    def carry_out(self, packet: bytes) -> tuple[int, bytes]:
        """The status and the octets read."""
        board = self.board
        on_stimulus = packet[0] == r.STIMULUS_ADDRESS
        code, index = packet[2] & CODE, struct.unpack(">I", packet[8:12])[0] >> 2
        data = packet[HEADER_OCTETS:-1]
        words = list(struct.unpack(f">{len(data) // 4}I", data)) if code & (WRITE | VERIFY) else []
        if not code & INCREMENTING:
            if words[0] != r.RESET_WORD:
                return 1, b""
            self.board = Power()
            return 0, b""
        if code & WRITE:
            board.write(on_stimulus, index, words)
            return 0, b""
        board.refresh()
        count = 1 if words else struct.unpack(">I", packet[12:16])[0] >> 10
        shown = (board.stimulus if on_stimulus else board.flight)[index : index + count]
        if words:
            value, mask = words
            board.write(on_stimulus, index, [shown[0] & ~mask & ALL_BITS | value & mask])
        return 0, struct.pack(f">{count}I", *shown)


# line -------------------------------------------------------------------------------------------------


def escaped(packet: bytes) -> bytes:
    """The packet as SLIP (RFC 1055) has it on the line."""
    inside = packet.replace(b"\xdb", b"\xdb\xdd").replace(b"\xc0", b"\xdb\xdc")
    return b"\xc0" + inside + b"\xc0"


def serve() -> None:
    """Take octets and answer packets, until the line ends."""
    target = Target()
    take, send = sys.stdin.buffer.read, sys.stdout.buffer.write
    packet = bytearray(LONGEST_PACKET_OCTETS)
    length, heard, escape, wrong = 0, False, False, False
    send(b"\xc0")
    while octet := take(1):
        value = octet[0]
        if value == END:
            if wrong or escape:
                target.drop()
            elif heard and (reply := target.execute(bytes(packet[:length]))):
                send(escaped(reply))
            length, heard, escape, wrong = 0, False, False, False
            continue
        heard = True
        if escape:
            wrong = wrong or value not in (ESC_END, ESC_ESC)
            value = END if value == ESC_END else ESC
        elif value == ESC:
            escape = True
            continue
        escape = False
        if length == LONGEST_PACKET_OCTETS:
            wrong = True
        else:
            packet[length] = value
            length += 1


def free_the_line() -> None:
    """On a microcontroller the octet 3 on this line would interrupt the program."""
    try:
        import micropython  # type: ignore[import-not-found]

        micropython.kbd_intr(-1)
    except (ImportError, AttributeError):
        pass


free_the_line()
serve()
