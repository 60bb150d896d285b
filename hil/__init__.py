# SPDX-License-Identifier: Apache-2.0
"""The bench: back ends, plant, faults, scenarios, recorder, reports and the command line."""
