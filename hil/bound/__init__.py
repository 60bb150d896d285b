# SPDX-License-Identifier: Apache-2.0
"""The clairvoyant bound: the most work that any controller could deliver in a scenario, by linear programming.

`horizon.py` asks the plant's models what is given, `program.py` relaxes the plant but for its heat to a linear program,
`solve.py` solves and certifies it, `cooling.py` bounds what heat is worth, `cache.py` keeps the result, `compute.py` does all of
that. `share.py` compares a run with it, and `losses.py` says where the rest went.
"""
