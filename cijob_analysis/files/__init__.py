"""Files: frames to CSV and back, with their dtypes."""

from cijob_analysis.files.tables import read_csv, write_csv

__all__ = ["read_csv", "write_csv"]
