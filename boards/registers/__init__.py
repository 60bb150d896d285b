# SPDX-License-Identifier: Apache-2.0
"""Register tables generated from the SystemRDL maps; never edited by hand."""
