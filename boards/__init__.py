# SPDX-License-Identifier: Apache-2.0
"""What a board is: SystemRDL register maps, the tables made from them, and the Python twins."""
