"""``python -m cijob_analysis`` is the command `cijob`."""

from cijob_analysis.cli import main

if __name__ == "__main__":
    main()
