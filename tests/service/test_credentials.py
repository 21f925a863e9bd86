from __future__ import annotations

import json
from pathlib import Path

import pytest

from cijob_analysis import ConfigurationError, Credentials
from cijob_analysis.service.credentials import current, find_credentials

PAIR = {"secret_id": "AKIDexampleexample1234", "secret_key": "examplekeyexamplekey"}


def put(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")


def fill(home: Path) -> dict[str, str]:
    """Put keys into every place; each id names its place."""
    put(home / ".tccli/default.credential", json.dumps({"secretId": "from-tccli", "secretKey": "k", "token": "t"}))
    put(home / ".tencentcloud/credentials", "[default]\nsecret_id = from-sdk\nsecret_key = k%k\n")
    put(home / ".cos.conf", "[common]\nsecret_id = from-coscmd\nsecret_key = k\ntoken = t\nbucket = b\n")
    return {
        "TENCENTCLOUD_SECRET_ID": "from-tencentcloud",
        "TENCENTCLOUD_SECRET_KEY": "k",
        "COS_SECRET_ID": "from-cos",
        "COS_SECRET_KEY": "k",
    }


def test_places_are_asked_in_their_order(tmp_path: Path) -> None:
    environ = fill(tmp_path)
    found = []
    for leave in (
        lambda: environ.pop("TENCENTCLOUD_SECRET_ID") and environ.pop("TENCENTCLOUD_SECRET_KEY"),
        lambda: environ.clear(),
        lambda: (tmp_path / ".tccli/default.credential").unlink(),
        lambda: (tmp_path / ".tencentcloud/credentials").unlink(),
        lambda: None,
    ):
        found.append(find_credentials(environ, tmp_path).secret_id)
        leave()
    assert found == ["from-tencentcloud", "from-cos", "from-tccli", "from-sdk", "from-coscmd"]


@pytest.mark.parametrize("name", ["TENCENTCLOUD_TOKEN", "TENCENTCLOUD_SESSION_TOKEN", "TENCENTCLOUD_SECURITY_TOKEN"])
def test_a_token_may_have_three_names(name: str, tmp_path: Path) -> None:
    environ = {"TENCENTCLOUD_SECRET_ID": "i", "TENCENTCLOUD_SECRET_KEY": "k", name: "tok"}
    assert find_credentials(environ, tmp_path).token == "tok"


def test_the_profile_of_tccli_can_be_named(tmp_path: Path) -> None:
    put(tmp_path / ".tccli/work.credential", json.dumps({"secretId": "w", "secretKey": "k"}))
    assert find_credentials({"TCCLI_PROFILE": "work"}, tmp_path).secret_id == "w"


def test_without_any_the_message_lists_the_places_in_order(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError) as caught:
        find_credentials({}, tmp_path)
    message = str(caught.value)
    places = ["TENCENTCLOUD_SECRET_ID", "COS_SECRET_ID", "~/.tccli/default", "~/.tencentcloud/", "~/.cos.conf"]
    assert [message.index(place) for place in places] == sorted(message.index(place) for place in places)


def test_half_a_pair_is_not_passed_over(tmp_path: Path) -> None:
    environ = fill(tmp_path)
    del environ["TENCENTCLOUD_SECRET_KEY"]
    with pytest.raises(ConfigurationError, match="secret_key from environment TENCENTCLOUD_… is missing"):
        find_credentials(environ, tmp_path)


@pytest.mark.parametrize("text", ["{", "[1]", '{"secretId": "only-half-and-secret"}'])
def test_a_broken_file_is_named_and_not_quoted(text: str, tmp_path: Path) -> None:
    put(tmp_path / ".tccli/default.credential", text)
    with pytest.raises(ConfigurationError, match=r"~/\.tccli/default\.credential") as caught:
        find_credentials({}, tmp_path)
    assert "only-half-and-secret" not in str(caught.value)


@pytest.mark.parametrize("value", ["key with blank", "key\n", "“key”"])
def test_what_was_copied_with_more_than_the_key_is_refused(value: str) -> None:
    with pytest.raises(ConfigurationError, match="secret_key from argument") as caught:
        Credentials("id", value)
    assert value not in str(caught.value)


def test_nothing_secret_is_shown() -> None:
    shown = repr(Credentials(**PAIR, token="tokentokentoken"))
    assert shown == "<Credentials AKID…1234 from argument, with a token>"
    assert "exam" not in repr(Credentials("example", "k"))


class Rolling:
    """Keys that roll between two reads of their attributes."""

    def __init__(self) -> None:
        self.reads = 0

    def _now(self) -> int:
        self.reads += 1
        return 1 if self.reads <= 2 else 2

    @property
    def secret_id(self) -> str:
        return f"id-{self._now()}"

    @property
    def secret_key(self) -> str:
        return f"key-{self._now()}"

    @property
    def token(self) -> str:
        return f"token-{self._now()}"


def test_a_pair_is_never_mixed_of_two() -> None:
    found = current(Rolling())
    assert (found.secret_id, found.secret_key, found.token) == ("id-2", "key-2", "token-2")
