# SPDX-License-Identifier: Apache-2.0
"""What the racks may draw: estimates of the energy, the controllers that plan by them, and the limits that all keep.

`port.py` is what a controller is given and gives back; `choice.py` is the table of controllers. Estimates are made once, for
all of them: `energy.py`, `sunlight.py`. `limits.py` holds what no plan may pass, `allocation.py` turns power into nodes and
clocks.
"""
