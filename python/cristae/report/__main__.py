"""``python -m cristae.report``: the same as the command ``cristae-report``."""

from .command import main

if __name__ == "__main__":
    raise SystemExit(main())
