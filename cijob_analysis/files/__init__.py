"""Files: frames to CSV and Parquet and back, with their dtypes, whole or not at all."""

from cijob_analysis.files.csv_reading import read_csv
from cijob_analysis.files.csv_writing import write_csv
from cijob_analysis.files.parquet import read_parquet, write_parquet

__all__ = ["read_csv", "read_parquet", "write_csv", "write_parquet"]
