"""What can go wrong, as one tree.

::

    CIJobError
    ├── ConfigurationError     credentials, bucket, region or an argument is missing or malformed
    ├── TransportError         no answer: DNS, TLS, connection, timeout          retryable
    ├── APIError               the service said no: .code .message .request_id .trace_id .status_code
    │   ├── AccessDenied       401, 403: key, clock or permission
    │   ├── JobNotFound        ids that the service does not know: .ids
    │   └── ServiceBusy        429, 500, 503                                     retryable
    ├── ResponseFormatError    an answer that is not the XML we know             retryable if it was cut off
    └── SchemaError            a frame lacks a column
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pandas as pd


class CIJobError(Exception):
    """Base of every error that this package raises on purpose.

    Attributes
    ----------
    retryable : bool
        Whether asking again may help.
    partial : pandas.DataFrame or None
        What had been read when a fetch with ``on_error="raise"`` failed.
    """

    retryable: bool = False
    partial: pd.DataFrame | None = None


class ConfigurationError(CIJobError, ValueError):
    """Credentials, a bucket, a region or another argument is missing or malformed."""


class TransportError(CIJobError):
    """No answer came: name resolution, TLS, connection or time-out."""

    retryable = True


class ResponseFormatError(CIJobError):
    """An answer is not the XML we know: HTML of a proxy, an empty or a cut-off body, a DOCTYPE.

    Attributes
    ----------
    request_id : str or None
        The service's id of the request, where its headers had one.
    """

    def __init__(self, message: str, *, cut_off: bool = False, request_id: str | None = None) -> None:
        super().__init__(message)
        self.retryable = cut_off
        self.request_id = request_id

    def __str__(self) -> str:
        quoted = f" (request id {self.request_id})" if self.request_id else ""
        return f"{super().__str__()}{quoted}"


class SchemaError(CIJobError, KeyError):
    """A frame lacks a column that was asked of it."""

    __str__ = Exception.__str__  # KeyError would show the message quoted


class APIError(CIJobError):
    """The service answered with an error.

    Attributes
    ----------
    code, message : str
        ``Code`` and ``Message`` of the answer, such as ``InvalidArgument``.
    request_id, trace_id : str or None
        From the body, or from the headers ``x-ci-request-id`` and ``x-ci-trace-id``: quote them to the support.
    status_code : int or None
        The HTTP status; None for an answer that was read from a file.
    """

    def __init__(
        self,
        code: str,
        message: str = "",
        *,
        request_id: str | None = None,
        trace_id: str | None = None,
        status_code: int | None = None,
        hint: str = "",
    ) -> None:
        self.code, self.message = code, message
        self.request_id, self.trace_id, self.status_code = request_id, trace_id, status_code
        status = f"HTTP {status_code} " if status_code else ""
        ids = ", ".join(f"{name} {value}" for name, value in self.ids_to_quote().items())
        super().__init__(
            f"{status}{code}"
            + (f": {message}" if message else "")
            + (f" ({ids})" if ids else "")
            + (f". {hint}" if hint else "")
        )

    def ids_to_quote(self) -> dict[str, str]:
        """Return the request id and the trace id, where there are any."""
        ids = {"request id": self.request_id, "trace id": self.trace_id}
        return {name: value for name, value in ids.items() if value}

    def __reduce__(self) -> tuple[Any, ...]:
        return _restored, (type(self), self.args, self.__dict__)


class AccessDenied(APIError):
    """401 or 403: the key is unknown, the clock is wrong, or a permission is missing.

    Attributes
    ----------
    action : str
        The permission that the key's policy lacks, such as ``ci:DescribeMediaJobs``; ``""`` if that is not it.
    """

    action: str = ""


class ServiceBusy(APIError):
    """429, 500, 502, 503 or 504: the service asks to come again later."""

    retryable = True


class JobNotFound(APIError):
    """Ids that the service does not know; `ids` names each of them."""

    def __init__(self, ids: tuple[str, ...], *, request_id: str | None = None) -> None:
        self.ids = ids
        shown = ", ".join(ids[:5]) + (f" and {len(ids) - 5} more" if len(ids) > 5 else "")
        super().__init__(
            "JobNotFound",
            f"the service does not know {shown}",
            request_id=request_id,
            hint="Check bucket and region; jobs also age out of the service, after about a month",
        )


def _restored(kind: type[APIError], args: tuple[Any, ...], state: dict[str, Any]) -> APIError:
    error = kind.__new__(kind, *args)
    error.args = args
    error.__dict__.update(state)
    return error
