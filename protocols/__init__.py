# SPDX-License-Identifier: Apache-2.0
"""Wire formats: octets in, values out; a module here never opens, sleeps, logs or prints, and imports none of our other packages."""
