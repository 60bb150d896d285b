# SPDX-License-Identifier: Apache-2.0
"""On-board decisions: executive, modes, power, compute duty cycle, laser link, telemetry, telecommands, fault recovery.

Nothing here has a clock, file, thread, socket or randomness: time, memory and the bus are arguments.
"""
