"""Error answers: which exception they are, and what to do about them."""

from __future__ import annotations

import json
from typing import Final
from xml.etree.ElementTree import Element

from cijob_analysis.exceptions import AccessDenied, APIError, ServiceBusy
from cijob_analysis.service.requests import Request

BUSY_CODES: Final = ("SlowDown", "InternalError", "ServiceUnavailable", "RequestTimeout", "KmsFreqControl")
SLOW_CODES: Final = ("SlowDown", "KmsFreqControl")
"""Errors that ask everyone to be slower, not only to come again."""

BUSY_STATUS: Final = (429, 500, 502, 503, 504)

ADVICE: Final = {
    "AccessDenied": "The key's policy lacks a permission, or the key belongs to another account",
    "SignatureDoesNotMatch": "The secret key does not belong to the secret id, or a proxy changed the request",
    "SecretidNotExist": "The secret id is unknown: deleted, disabled, or of another site (mainland, international)",
    "InvalidAccessKeyId": "The secret id is unknown: deleted, disabled, or of another site",
    "MissingAuthorization": "The signature got lost on the way: does a proxy remove headers?",
    "InvalidAuthorization": "The signature was changed on the way: does a proxy rewrite headers?",
    "SignatureExpired": "Is this machine's clock right?",
    "RequestTimeTooSkewed": "Is this machine's clock right?",
    "ExpiredToken": "The temporary key has expired: get a new one",
}
"""What to do about the errors that are about keys, clocks and permissions (pages 1045/43611, 436/7730)."""

SIGNATURE_CODES: Final = frozenset(set(ADVICE) - {"AccessDenied"})
"""Errors that every further request would meet, too."""

NUMBERED: Final = {
    "1007": "InternalError",
    "1010": "InvalidUrl",
    "1011": "InvalidContent",
    "1012": "MissingAuthorization",
    "1013": "InvalidAuthorization",
    "1014": "SignatureExpired",
    "1015": "InvalidArgument",
    "1016": "MissingContent",
    "1017": "InvalidHost",
    "1018": "AccessDenied",
    "1019": "SecretidNotExist",
    "1020": "SlowDown",
    "1021": "InvalidContentType",
    "1100": "BucketAlreadyBinded",
    "1103": "ResourceNotFound",
    "1106": "QueueNotFound",
    "1107": "TemplateNotFound",
    "1111": "MediaBucketUnBinded",
}
"""The older, numeric codes of errors that a read may meet (page 1045/33700)."""


def api_error(
    code: str,
    message: str = "",
    *,
    request_id: str | None = None,
    trace_id: str | None = None,
    status_code: int | None = None,
    request: Request | None = None,
) -> APIError:
    """Return the exception for an error of the service, with advice (page 1045/43611).

    Parameters
    ----------
    code, message : str
        What the service said; one of the older numbers becomes the name of the code.
    request_id, trace_id : str, optional
        What to quote to the support.
    status_code : int, optional
        HTTP status.
    request : Request, optional
        What was asked: a permission that lacks is named.
    """
    code = NUMBERED.get(code, code)
    kind: type[APIError] = APIError
    if code in BUSY_CODES or status_code in BUSY_STATUS:
        kind = ServiceBusy
    elif status_code in (401, 403) or code in ADVICE:
        kind = AccessDenied
    hint = ADVICE.get(code, "")
    if code == "AccessDenied" and request is not None and request.action:
        hint = f"The key's policy lacks {request.action} on this bucket, or the key belongs to another account"
    error = kind(code, message, request_id=request_id, trace_id=trace_id, status_code=status_code, hint=hint)
    if isinstance(error, AccessDenied) and code == "AccessDenied" and request is not None:
        error.action = request.action
    return error


def error_in_xml(body: Element) -> APIError:
    """Return the exception for ``<Error>``, with or without ``Resource``."""
    return _error_of({child.tag.lower(): (child.text or "").strip() for child in body})


def error_in_json(data: bytes) -> APIError | None:
    """Return the exception for ``{"code": …, "message": …, "request_id": …}``; None if `data` is none."""
    try:
        body = json.loads(data)
    except (ValueError, RecursionError):
        return None
    if not isinstance(body, dict):
        return None
    said = {name.replace("_", "").lower(): str(value) for name, value in body.items() if isinstance(value, str | int)}
    return _error_of(said) if said.get("code") else None


def _error_of(said: dict[str, str]) -> APIError:
    return api_error(
        said.get("code") or "UnknownError",
        said.get("message") or "",
        request_id=said.get("requestid") or None,
        trace_id=said.get("traceid") or None,
    )
