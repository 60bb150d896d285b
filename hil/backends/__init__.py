# SPDX-License-Identifier: Apache-2.0
"""Back ends: ways to reach a board, all behind one port."""
