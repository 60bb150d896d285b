# SPDX-License-Identifier: Apache-2.0
"""Work a compute node does in a millisecond at each of its sixteen clock steps; the top step's is 1,000."""

# round(1000 f^0.8), clock fraction f = 0.35 + 0.65 step / 15: memory does not speed up with the clock.
# fmt: off
WORK_PER_MS: tuple[int, ...] = (
    432, 474, 515, 556, 596, 635, 673, 711,
    749, 786, 823, 859, 895, 930, 965, 1000,
)
