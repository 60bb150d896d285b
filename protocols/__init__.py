# SPDX-License-Identifier: Apache-2.0
"""Wire formats: octets in, values out. Nothing here opens, sleeps, logs or prints, or imports our other packages."""
