"""Spellings: each way in which published answers differ from each other, as a named switch."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Literal, get_args, get_type_hints

from cijob_analysis.exceptions import ConfigurationError


@dataclass(frozen=True, kw_only=True)
class Variants:
    """How answers are spelled; the defaults are the present pages' way.

    Attributes
    ----------
    missing_time : str
        A time that is not there yet: ``"-"``, an ``"empty"`` element, or an ``"absent"`` one.
    time_format : str
        ``"+0800"``, ``"+08:00"``, ``"blank"`` (a blank in place of ``T``, as in callbacks) or ``"Z"``.
    message : str
        ``Message`` of what did not fail: ``"empty"``, ``"absent"``, ``"Success"`` or ``"success"``.
    unknown_ids : str
        Several unknown ids: ``"joined"`` by commas, ``"repeated"`` elements, or repeated ``"NonExistJobId"``
        (as the Go SDK reads it).
    last_page : str
        ``NextToken`` of the last page: ``"absent"`` or ``"empty"``.
    workflow_ids : str
        Several workflows: ``"joined"`` by commas or ``"repeated"`` elements.
    error_body : str
        ``"xml"`` as CI sends it, ``"resource"`` with COS's element ``Resource``, or ``"json"``.
    with_request_id : bool
        Whether an answer has a ``RequestId``.
    with_tag : bool
        Whether type Job has a ``Tag``; the published list sample has none.
    tag_at_top : bool
        ``Tag`` and ``QueueId`` directly in ``JobsDetail``, with a ``Progress`` (as the Go SDK declares them).
    time_interval_at_top : bool
        ``TimeInterval`` directly in ``JobsDetail``.
    create_time : bool
        ``CreateTime`` instead of ``CreationTime``.
    running_with_end_time : bool
        What is running has an ``EndTime`` (the start plus two minutes, as in the published sample).
    running_without_start_time : bool
        What is running has no ``StartTime`` yet.
    shuffled : bool
        Children come in another order.
    pretty : bool
        Indented, after an XML declaration.
    namespace : str
        ``xmlns`` of the root; none if empty.

    Raises
    ------
    ConfigurationError
        A spelling that is not among those.
    """

    missing_time: Literal["-", "empty", "absent"] = "-"
    time_format: Literal["+0800", "+08:00", "blank", "Z"] = "+0800"
    message: Literal["empty", "absent", "Success", "success"] = "empty"
    unknown_ids: Literal["joined", "repeated", "NonExistJobId"] = "joined"
    last_page: Literal["absent", "empty"] = "absent"
    workflow_ids: Literal["joined", "repeated"] = "joined"
    error_body: Literal["xml", "resource", "json"] = "xml"
    with_request_id: bool = True
    with_tag: bool = True
    tag_at_top: bool = False
    time_interval_at_top: bool = False
    create_time: bool = False
    running_with_end_time: bool = False
    running_without_start_time: bool = False
    shuffled: bool = False
    pretty: bool = False
    namespace: str = ""

    def __post_init__(self) -> None:
        hints = get_type_hints(type(self))
        for item in fields(self):
            value, choices = getattr(self, item.name), get_args(hints[item.name])
            if choices and value not in choices:
                raise ConfigurationError(f"{item.name}={value!r} is none of {', '.join(map(repr, choices))}")
