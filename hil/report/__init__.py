# SPDX-License-Identifier: Apache-2.0
"""`report.html` of a run: one self-contained page from the run's folder, made to be read in a minute and kept.

What is drawn is read from the recording and decoded from the downlink; figures are JSON of our own making for plotly.js.
"""

from .build import NAME, write

__all__ = ["NAME", "write"]
