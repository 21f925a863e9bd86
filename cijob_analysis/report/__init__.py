"""One HTML file that says what a snapshot says: without any outside request, to be sent to a colleague or printed."""

from cijob_analysis.report.writing import write_report

__all__ = ["write_report"]
