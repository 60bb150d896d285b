# SPDX-License-Identifier: Apache-2.0
"""The boards' milliseconds as boards/README.md writes them: no strides, no shortcuts, names as on the page.

A reference takes and gives words by register name. It is what the twins are compared with, and slow.
"""

WORK_PER_MS = [round(1000 * (0.35 + 0.65 * step / 15) ** 0.8) for step in range(16)]
OFF, BOOT, ON, HUNG = 0, 1, 2, 3
ACQUIRE, TRACK, LOST = 1, 2, 3


class Reference:
    def __init__(self):
        self.time = 0
        self.target = 0
        self.power_up()

    def write(self, port, name, word):
        """One register write; TIME_TARGET grants."""
        if name == "TIME_TARGET":
            self.target = word
            if 1 <= (word - self.time) % 2**32 < 2**31:
                while self.time != word and not self.is_stopped():
                    self.millisecond()
                    self.time = (self.time + 1) % 2**32
        else:
            getattr(self, f"write_{port}")(name, word)

    def is_stopped(self):
        return False

    def words(self, port):
        return {"TIME_NOW": self.time, **getattr(self, f"{port}_words")()}


class PowerReference(Reference):
    SENSORS = (
        *("BUS", "BATTERY", "GAUGE"),
        *("STRING_0_1", "STRING_2_3", "STRING_4_5", "STRING_6_7"),
        *("LOAD_0_1", "LOAD_2_3", "LOAD_4_5", "LOAD_6_7"),
        *("PACK_CURRENT", "PACK_SPREAD", "PACK_TEMPERATURE"),
    )

    def power_up(self):
        self.inputs = dict.fromkeys(self.SENSORS, 0)
        self.stop = 0
        self.enable = [False] * 7 + [True]
        self.tripped = [False] * 8
        self.over, self.retry, self.used, self.trips = [0] * 8, [0] * 8, [0] * 8, [0] * 8
        self.limit, self.trip_ms, self.retries = [0xFFFF] * 8, [10] * 8, [0] * 8
        self.string_enable = 0xFF
        self.charge, self.battery_heater, self.coolant_heater = 1, 0, 0
        self.watchdog_ms = self.watchdog = 10_000
        self.computer, self.off_ms, self.boot_cause, self.watchdog_resets = True, 0, 0, 0
        self.uvlo, self.uv, self.uvlo_limit, self.uvlo_release = False, 0, 0, 0
        self.overcharged, self.ov, self.overcharge_limit = False, 0, 0xFFFF
        self.packs = 3
        self.overvoltage, self.overvoltage_limit = False, 0xFFFF
        self.bus_dead, self.dead, self.dead_limit = False, 0, 0

    def is_stopped(self):
        return self.stop != 0

    def disable(self, i):
        self.enable[i] = self.tripped[i] = False
        self.over[i] = self.used[i] = self.retry[i] = 0

    def on(self, i):
        return self.enable[i] and not self.tripped[i] and (not self.uvlo or i == 7)

    def write_stimulus(self, name, word):
        if name == "STOP_CAUSE":
            self.stop = word & 0x1FF
        else:
            self.inputs[name] = word

    def write_flight(self, name, word):
        if name == "LCL_ENABLE":
            for i in range(8):
                if word >> i & 1:
                    self.enable[i] = True
                else:
                    self.disable(i)
        elif name == "STRING_ENABLE":
            self.string_enable = word & 0xFF
        elif name == "SWITCHES":
            self.charge, self.battery_heater, self.coolant_heater = word & 1, word >> 1 & 1, word >> 2 & 1
            self.packs = word >> 4 & 3
            if word >> 3 & 1:
                self.overcharged, self.ov = False, 0
            if word >> 6 & 1:
                self.overvoltage = False
        elif name == "WATCHDOG_KICK":
            if word == 0x4B49434B and self.computer:
                self.watchdog = self.watchdog_ms
        elif name == "WATCHDOG_MS":
            self.watchdog_ms = self.watchdog = word & 0xFFFF
        elif name == "UVLO":
            self.uvlo_release, self.uvlo_limit = word >> 16, word & 0xFFFF
        elif name == "OVERCHARGE":
            self.overcharge_limit = word & 0xFFFF
        elif name == "BUS_LIMITS":
            self.overvoltage_limit, self.dead_limit = word >> 16, word & 0xFFFF
        else:
            i = int(name.removeprefix("LCL"))
            self.limit[i], self.trip_ms[i], self.retries[i] = word & 0xFFFF, word >> 16 & 0xFF, word >> 24 & 3

    def load_current(self, i):
        word = self.inputs[f"LOAD_{i & ~1}_{i | 1}"]
        return word & 0xFFFF if i & 1 else word >> 16

    def millisecond(self):
        for i in range(8):
            if self.on(i) and self.load_current(i) > self.limit[i]:
                self.over[i] += 1
                if self.over[i] >= max(self.trip_ms[i], 1):
                    self.tripped[i] = True
                    self.over[i] = self.retry[i] = 0
                    self.trips[i] = min(self.trips[i] + 1, 15)
                    self.stop |= 1 << 0
            else:
                self.over[i] = 0
                if self.tripped[i] and self.used[i] < self.retries[i]:
                    self.retry[i] += 1
                    if self.retry[i] == 1000:
                        self.retry[i] = 0
                        self.used[i] += 1
                        self.tripped[i] = False
                        self.stop |= 1 << 1
        battery_voltage = self.inputs["BATTERY"] >> 16
        if not self.uvlo:
            self.uv = self.uv + 1 if battery_voltage < self.uvlo_limit else 0
            if self.uv == 500:
                self.uvlo, self.uv = True, 0
                for i in range(7):
                    self.disable(i)
                self.stop |= 1 << 2
        else:
            self.uv = self.uv + 1 if battery_voltage > self.uvlo_release else 0
            if self.uv == 1000:
                self.uvlo, self.uv = False, 0
                self.stop |= 1 << 3
        if not self.overcharged:
            self.ov = self.ov + 1 if battery_voltage > self.overcharge_limit else 0
            if self.ov == 100:
                self.overcharged, self.ov = True, 0
                self.stop |= 1 << 4
        bus_voltage = self.inputs["BUS"] >> 16
        if not self.overvoltage and bus_voltage > self.overvoltage_limit:
            self.overvoltage = True
            self.stop |= 1 << 7
        if self.bus_dead:
            self.dead = self.dead + 1 if bus_voltage >= self.dead_limit else 0
            if self.dead == 60_000:
                self.bus_dead, self.dead, self.enable[7] = False, 0, True
                self.computer, self.watchdog = True, self.watchdog_ms
                self.stop |= 1 << 6
            return
        self.dead = self.dead + 1 if bus_voltage < self.dead_limit else 0
        if self.dead == 10:
            self.bus_dead, self.dead, self.overvoltage = True, 0, False
            self.computer, self.watchdog, self.boot_cause = False, 0, 2
            for i in range(8):
                self.disable(i)
            self.string_enable, self.charge, self.battery_heater, self.coolant_heater = 0xFF, 1, 0, 0
            self.packs = 3
            self.stop |= 1 << 8
        elif self.computer:
            if self.watchdog_ms != 0:
                if self.watchdog <= 1:
                    self.computer, self.off_ms, self.watchdog, self.boot_cause = False, 1000, 0, 1
                    self.watchdog_resets = (self.watchdog_resets + 1) % 256
                    for i in range(7):
                        self.disable(i)
                    self.string_enable, self.charge, self.battery_heater, self.coolant_heater = 0xFF, 1, 0, 0
                    self.packs = 3
                    self.stop |= 1 << 5
                else:
                    self.watchdog -= 1
        else:
            self.off_ms -= 1
            if self.off_ms == 0:
                self.computer, self.watchdog = True, self.watchdog_ms
                self.stop |= 1 << 6

    def flight_words(self):
        bits = lambda flags: sum(int(flag) << i for i, flag in enumerate(flags))  # noqa: E731
        return {
            "BOARD_ID": 0x50575231,
            "MAP_VERSION": 2,
            "BUILD_ID": 0,
            "RMAP_ERRORS": 0,
            "STATUS": self.uvlo
            | self.overcharged << 1
            | self.overvoltage << 2
            | self.bus_dead << 3
            | self.boot_cause << 8
            | self.watchdog_resets << 16,
            "LCL_STATUS": bits(self.on(i) for i in range(8)) | bits(self.tripped) << 8,
            "LCL_TRIPS": sum(trips << 4 * i for i, trips in enumerate(self.trips)),
            **self.inputs,
            "LCL_ENABLE": bits(self.enable),
            "STRING_ENABLE": self.string_enable,
            "SWITCHES": self.charge | self.battery_heater << 1 | self.coolant_heater << 2 | self.packs << 4,
            "WATCHDOG_KICK": self.watchdog,
            "WATCHDOG_MS": self.watchdog_ms,
            "UVLO": self.uvlo_release << 16 | self.uvlo_limit,
            "OVERCHARGE": self.overcharge_limit,
            "BUS_LIMITS": self.overvoltage_limit << 16 | self.dead_limit,
            **{f"LCL{i}": self.retries[i] << 24 | self.trip_ms[i] << 16 | self.limit[i] for i in range(8)},
        }

    def stimulus_words(self):
        return {
            "BOARD_ID": 0x50575231,
            "MAP_VERSION": 2,
            "BUILD_ID": 0,
            "TIME_MODE": 0,
            "ACTUATORS": sum(self.on(i) << i for i in range(8))
            | (0 if self.overvoltage else self.string_enable) << 8
            | (self.charge and not self.overcharged) << 16
            | self.battery_heater << 17
            | self.coolant_heater << 18
            | self.computer << 19
            | self.packs << 20,
            "BOOT": self.boot_cause | self.watchdog_resets << 8,
            "STOP_CAUSE": self.stop,
            **self.inputs,
            "TIME_TARGET": self.target,
        }


class SwitchedReference(Reference):
    """A board with POWERED; its stimulus inputs outlive the reset."""

    def __init__(self, input_resets, input_masks):
        self.powered = 0
        self.inputs = input_resets
        self.input_masks = input_masks
        super().__init__()

    def write_stimulus(self, name, word):
        if name == "POWERED":
            self.powered = word & 1
            if not self.powered:
                self.power_up()
        else:
            self.inputs[name] = word & self.input_masks.get(name, 0xFFFFFFFF)

    def millisecond(self):
        if self.powered:
            self.powered_millisecond()


class ComputeReference(SwitchedReference):
    SHOWN = (
        *("MEMORY_ERRORS", "COOLANT"),
        *("TEMPERATURE_0_3", "TEMPERATURE_4_7", "TEMPERATURE_8_11", "TEMPERATURE_12_15"),
    )

    def __init__(self):
        super().__init__(
            {
                **dict.fromkeys(("RACK_POWER", "HANG", "CORRUPT", "UNLOCK"), 0),
                "BOOT_MS": 120_000,
                **dict.fromkeys(self.SHOWN, 0),
            },
            {"RACK_POWER": 3, "HANG": 0xFFFF, "CORRUPT": 0xFFFF, "UNLOCK": 0xFFFF, "BOOT_MS": 0xFFFFF},
        )

    def power_up(self):
        self.state, self.step, self.ramp, self.boot, self.beat = (
            [0] * 16,
            [0] * 16,
            [0] * 16,
            [0] * 16,
            [0] * 16,
        )
        self.work, self.total = [0] * 16, 0
        self.tripped = [False] * 16
        self.node_enable, self.command_low, self.command_high, self.challenge = 0, 0, 0, 0
        self.ramp_ms, self.trip_temperature, self.response = 10, 255, 0

    def write_flight(self, name, word):
        if name == "NODE_ENABLE":
            self.node_enable = word & 0xFFFF
        elif name == "COMMAND_STEPS_LOW":
            self.command_low = word
        elif name == "COMMAND_STEPS_HIGH":
            self.command_high = word
        elif name == "CHALLENGE":
            self.challenge = word
        elif name == "RAMP":
            self.ramp_ms = word & 0xFF
        else:
            self.trip_temperature = word & 0xFF

    def temperature(self, i):
        k = i // 4
        return self.inputs[f"TEMPERATURE_{4 * k}_{4 * k + 3}"] >> (24 - 8 * (i % 4)) & 0xFF

    def powered_millisecond(self):
        for i in range(16):
            self.node_millisecond(i)
        n, c = self.challenge >> 28, self.challenge % 2**28
        corrupt = self.inputs["CORRUPT"] >> n & 1
        answer = ((5 * c + 0x3C6EF35) % 2**28) ^ corrupt
        self.response = n << 28 | answer if self.state[n] == ON else 0

    def node_millisecond(self, i):
        enabled = self.node_enable >> i & 1
        rack_power = self.inputs["RACK_POWER"] >> i // 8 & 1
        command_step = (self.command_low if i < 8 else self.command_high) >> 4 * (i % 8) & 0xF
        if self.inputs["UNLOCK"] >> i & 1:
            command_step = 15
        if not enabled:
            self.tripped[i] = False
        if self.state[i] != OFF and self.temperature(i) > self.trip_temperature:
            self.tripped[i] = True
        if not enabled or not rack_power or self.tripped[i]:
            self.state[i] = OFF
            self.step[i] = self.ramp[i] = self.boot[i] = self.beat[i] = 0
        elif self.state[i] == OFF:
            self.state[i] = BOOT
            self.boot[i] = self.inputs["BOOT_MS"]
        elif self.state[i] == BOOT:
            if self.boot[i] <= 1:
                self.state[i] = ON
                self.step[i] = 0
                self.ramp[i] = self.ramp_ms
                self.boot[i] = self.beat[i] = 0
            else:
                self.boot[i] -= 1
        elif self.state[i] == ON:
            self.work[i] = (self.work[i] + WORK_PER_MS[self.step[i]]) % 2**32
            self.total = (self.total + WORK_PER_MS[self.step[i]]) % 2**64
            self.beat[i] = (self.beat[i] + 1) % 2048
            if self.step[i] == command_step:
                self.ramp[i] = self.ramp_ms
            elif self.ramp[i] <= 1:
                self.step[i] += 1 if command_step > self.step[i] else -1
                self.ramp[i] = self.ramp_ms
            else:
                self.ramp[i] -= 1
            if self.inputs["HANG"] >> i & 1:
                self.state[i] = HUNG

    def node_words(self):
        return {
            "BOARD_ID": 0x434D5031,
            "MAP_VERSION": 2,
            "BUILD_ID": 0,
            "NODE_STATE": sum(state << 2 * i for i, state in enumerate(self.state)),
            "STEPS_LOW": sum(self.step[i] << 4 * i for i in range(8)),
            "STEPS_HIGH": sum(self.step[8 + i] << 4 * i for i in range(8)),
            "WORK_HIGH": self.total >> 32,
            "WORK_LOW": self.total % 2**32,
        }

    def flight_words(self):
        return {
            **self.node_words(),
            "RMAP_ERRORS": 0,
            "HEARTBEATS": sum((self.beat[i] >> 9 & 3) << 2 * i for i in range(16)),
            "TRIPPED": sum(self.tripped[i] << i for i in range(16)),
            "RESPONSE": self.response,
            **{name: self.inputs[name] for name in self.SHOWN},
            **{f"WORK{i}": self.work[i] for i in range(16)},
            "NODE_ENABLE": self.node_enable,
            "COMMAND_STEPS_LOW": self.command_low,
            "COMMAND_STEPS_HIGH": self.command_high,
            "CHALLENGE": self.challenge,
            "RAMP": self.ramp_ms,
            "TRIP_TEMPERATURE": self.trip_temperature,
        }

    def stimulus_words(self):
        return {
            **self.node_words(),
            "TIME_MODE": 0,
            "POWERED": self.powered,
            **self.inputs,
            "TIME_TARGET": self.target,
        }


class LaserReference(SwitchedReference):
    def __init__(self):
        self.optical = []
        self.last_seen = 0xFFFF
        super().__init__({"OPTICAL": 0, "TEMPERATURE": 0}, {"TEMPERATURE": 0xFFFF})

    def power_up(self):
        self.state = self.timer = self.enable = self.acquisitions = 0
        self.frames = []
        self.taken = self.sent = self.refused = self.rejected = 0
        self.tx_sequence, self.gap = 0xFFFF, 200
        self.light_threshold, self.acquire_ms, self.loss_ms = 4000, 12_000, 50
        self.blocks = []
        self.rx_overflows = self.rx_release = 0

    def write_flight(self, name, word):
        if name == "LASER_COMMAND":
            self.enable = word & 1
            if word >> 1 & 1 and self.state == LOST and self.enable:
                self.state, self.timer = ACQUIRE, 0
        elif name == "LIGHT_THRESHOLD":
            self.light_threshold = word & 0xFFFF
        elif name == "ACQUIRE_MS":
            self.acquire_ms = word & 0xFFFF
        elif name == "LOSS_MS":
            self.loss_ms = word & 0xFFFF
        else:
            self.rx_release = word & 0xFFFF
            if self.blocks and self.blocks[0][:2] == self.rx_release.to_bytes(2, "big"):
                self.blocks.pop(0)

    def light(self):
        return self.inputs["OPTICAL"] >> 16 >= self.light_threshold

    def push(self, sequence, frame_length, frame):
        """The status of a TX_FIFO write."""
        if sequence == self.tx_sequence:
            return 0
        if frame_length != 1115 or len(self.frames) == 4:
            self.refused += 1
            self.rejected = (self.rejected + 1) % 65536
            return 1
        self.frames.append(frame)
        self.tx_sequence = sequence
        self.taken += 1
        return 0

    def uplink(self, sequence, length, block):
        """The status of an UPLINK write."""
        if length == 0 or length > 252:
            if self.powered:
                self.rejected = (self.rejected + 1) % 65536
            return 1
        if sequence == self.last_seen:
            return 0
        self.last_seen = sequence
        if not self.powered or self.state != TRACK or not self.light():
            return 0
        if len(self.blocks) == 4:
            self.rx_overflows = (self.rx_overflows + 1) % 16
            return 0
        self.blocks.append(sequence.to_bytes(2, "big") + length.to_bytes(2, "big") + block)
        return 0

    def rx_fifo(self):
        return self.blocks[0] if self.blocks else bytes(256)

    def powered_millisecond(self):
        light = self.light()
        if self.gap < 200:
            self.gap += 1
        if not self.enable:
            self.state, self.timer = OFF, 0
        elif self.state == OFF:
            self.state, self.timer = ACQUIRE, 0
        elif self.state == ACQUIRE:
            if light:
                self.timer += 1
                if self.timer >= self.acquire_ms:
                    self.state, self.timer = TRACK, 0
                    self.acquisitions = (self.acquisitions + 1) % 65536
            else:
                self.timer = 0
        elif self.state == TRACK:
            if light:
                self.timer = 0
            else:
                self.timer += 1
                if self.timer >= self.loss_ms:
                    self.state, self.timer = LOST, 0
        if self.state == TRACK and light and self.frames and self.gap == 200:
            self.optical.append((self.time, self.frames.pop(0)))
            self.sent += 1
            self.gap = 0

    def flight_words(self):
        return {
            "BOARD_ID": 0x4C535231,
            "MAP_VERSION": 2,
            "BUILD_ID": 0,
            "RMAP_ERRORS": self.rejected,
            "STATUS": self.state
            | len(self.frames) << 4
            | self.rx_overflows << 8
            | len(self.blocks) << 12
            | self.acquisitions << 16,
            **self.inputs,
            "FRAMES_TAKEN": self.taken,
            "FRAMES_SENT": self.sent,
            "FRAMES_REFUSED": self.refused,
            "TX_SEQUENCE": self.tx_sequence,
            "TIMER": self.timer,
            "LASER_COMMAND": self.enable,
            "LIGHT_THRESHOLD": self.light_threshold,
            "ACQUIRE_MS": self.acquire_ms,
            "LOSS_MS": self.loss_ms,
            "RX_RELEASE": self.rx_release,
        }

    def stimulus_words(self):
        return {
            "BOARD_ID": 0x4C535231,
            "MAP_VERSION": 2,
            "BUILD_ID": 0,
            "TIME_MODE": 0,
            "LASER_STATE": self.state | len(self.frames) << 4,
            "FRAMES_SENT": self.sent,
            "POWERED": self.powered,
            **self.inputs,
            "TIME_TARGET": self.target,
        }


REFERENCES = {"power": PowerReference, "compute": ComputeReference, "laser": LaserReference}
