# SPDX-License-Identifier: Apache-2.0
"""Python twins of the boards: octet for octet and millisecond for millisecond what the Verilog does."""

from .board import TwinBoard

__all__ = ["TwinBoard"]
