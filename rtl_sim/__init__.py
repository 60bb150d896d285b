# SPDX-License-Identifier: Apache-2.0
"""The boards in Verilog, their cocotb benches, and the bridge that serves the simulated boards to the process that started it."""
