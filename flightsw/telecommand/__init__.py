# SPDX-License-Identifier: Apache-2.0
"""Telecommands (ECSS-E-ST-70-41C): from an uplink block to its effect and its reports, one module a service."""
