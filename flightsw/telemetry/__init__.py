# SPDX-License-Identifier: Apache-2.0
"""From raw values to transfer frames: packets with their headers and counters, packet zones, frames."""
