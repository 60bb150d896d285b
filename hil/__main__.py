# SPDX-License-Identifier: Apache-2.0
"""Where the command `flatsat` starts: what is wrong before the command line is there is one line too."""

from __future__ import annotations

import signal
import sys


def main() -> None:
    """Run the command line; where a package cannot be imported, `doctor` still tells which."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)  # Ctrl-C while Python imports
    try:
        from . import cli
    except ImportError as error:
        if sys.argv[1:2] == ["doctor"]:
            from .doctor import plain

            sys.exit(plain.main())
        told = f"flatsat: a package cannot be imported: {error}; flatsat doctor says which, and its mend"
        print(told.replace("\n", " "), file=sys.stderr)
        sys.exit(2)
    cli.main()


if __name__ == "__main__":
    main()
