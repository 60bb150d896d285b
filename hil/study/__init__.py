# SPDX-License-Identifier: Apache-2.0
"""Studies: every controller in every case with every seed, flown on the twins in worker processes, as shares of the bound.

`cell.py` is one flight of a study, `flight.py` flies it, `workers.py` has the processes, `results.py` keeps what was flown,
`score.py` and `table.py` tell what came of it.
"""
