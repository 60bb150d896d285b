# SPDX-License-Identifier: Apache-2.0
"""`flatsat doctor`: what this machine has of what runs need. Standard library only: it must work where packages are missing."""
