# SPDX-License-Identifier: Apache-2.0
"""Firmware of the boards: a portable C core, the machines it runs on, its build, and a process that runs it here."""
