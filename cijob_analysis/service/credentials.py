"""Where the keys come from. They are never shown."""

from __future__ import annotations

import configparser
import json
import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol, runtime_checkable

from cijob_analysis.exceptions import ConfigurationError


@dataclass(frozen=True)
class Credentials:
    """A key pair, with a token if it is temporary.

    Parameters
    ----------
    secret_id, secret_key : str
        The key pair (console: Access Management, API keys).
    token : str, optional
        Token of a temporary key pair.
    source : str, optional
        Where they were found.

    Raises
    ------
    ConfigurationError
        One half is missing, or holds white space or line breaks.
    """

    secret_id: str = field(repr=False)
    secret_key: str = field(repr=False)
    token: str | None = field(default=None, repr=False)
    source: str = "argument"

    def __post_init__(self) -> None:
        for name in ("secret_id", "secret_key", "token"):
            value = getattr(self, name)
            if name == "token" and not value:
                object.__setattr__(self, "token", None)
                continue
            if not isinstance(value, str) or not value:
                raise ConfigurationError(
                    f"{name} from {self.source} is missing: both secret_id and secret_key are needed"
                )
            if not (value.isascii() and value.isprintable()) or " " in value:
                raise ConfigurationError(
                    f"{name} from {self.source} holds a blank, a line break or a character that is not ASCII: "
                    "copy it anew, without the quotation marks"
                )

    @property
    def masked(self) -> str:
        """The id with its middle left out, and where it was found."""
        shown = f"{self.secret_id[:4]}…{self.secret_id[-4:]}" if len(self.secret_id) > 12 else "…"
        return f"{shown} from {self.source}" + (", with a token" if self.token else "")

    def __repr__(self) -> str:
        return f"<Credentials {self.masked}>"


@runtime_checkable
class CredentialProvider(Protocol):
    """Anything with these attributes; they are read again before each request, so temporary keys may roll."""

    @property
    def secret_id(self) -> str: ...  # noqa: D102
    @property
    def secret_key(self) -> str: ...  # noqa: D102
    @property
    def token(self) -> str | None: ...  # noqa: D102


def current(provider: Credentials | CredentialProvider) -> Credentials:
    """Return what `provider` says now.

    Raises
    ------
    ConfigurationError
        It has no key pair at the moment.
    """
    if isinstance(provider, Credentials):
        return provider
    for _ in range(3):  # a roll between two attributes would mix two key pairs: read until they agree
        first = _read(provider)
        if first == _read(provider):
            break
    return Credentials(*first, source=type(provider).__name__)


def find_credentials(environ: Mapping[str, str] | None = None, home: Path | None = None) -> Credentials:
    """Look the keys up; the first place that names any must have both halves.

    The order: ``TENCENTCLOUD_SECRET_ID`` and ``TENCENTCLOUD_SECRET_KEY`` (token: ``TENCENTCLOUD_TOKEN``,
    ``TENCENTCLOUD_SESSION_TOKEN`` or ``TENCENTCLOUD_SECURITY_TOKEN``), ``COS_SECRET_ID`` and
    ``COS_SECRET_KEY``, the profile of tccli (``TCCLI_PROFILE``, or ``default``),
    ``~/.tencentcloud/credentials``, ``~/.cos.conf``.

    Parameters
    ----------
    environ : mapping, optional
        The environment; ``os.environ`` if not given.
    home : pathlib.Path, optional
        The folder of the files; the user's own if not given.

    Raises
    ------
    ConfigurationError
        No place has keys, or one has half a pair; the message lists the places in order.
    """
    environ = os.environ if environ is None else environ
    home = Path.home() if home is None else home
    profile = environ.get("TCCLI_PROFILE") or "default"
    files: tuple[tuple[Path, Callable[[str], Mapping[str, str | None]]], ...] = (
        (home / ".tccli" / f"{profile}.credential", _from_json),
        (home / ".tencentcloud" / "credentials", lambda text: _from_ini(text, "default")),
        (home / ".cos.conf", lambda text: _from_ini(text, "common")),
    )
    tried = []
    for prefix, tokens in (
        ("TENCENTCLOUD", ("TOKEN", "SESSION_TOKEN", "SECURITY_TOKEN")),
        ("COS", ("TOKEN",)),
    ):
        names = (f"{prefix}_SECRET_ID", f"{prefix}_SECRET_KEY")
        found = {
            "secret_id": environ.get(names[0], "").strip(),
            "secret_key": environ.get(names[1], "").strip(),
            "token": next((value for name in tokens if (value := environ.get(f"{prefix}_{name}", "").strip())), ""),
        }
        tried.append(f"{names[0]} and {names[1]} in the environment")
        if found["secret_id"] or found["secret_key"]:
            return Credentials(**found, source=f"environment {prefix}_…")
    for path, parse in files:
        shown = f"~/{path.relative_to(home).as_posix()}"
        tried.append(shown)
        try:
            found = {name: str(value).strip() for name, value in parse(path.read_text("utf-8")).items() if value}
        except FileNotFoundError:
            continue
        except (OSError, ValueError, configparser.Error) as error:
            # The text is not quoted: it may hold the key.
            raise ConfigurationError(f"{shown} cannot be read: {type(error).__name__}") from None
        if found.get("secret_id") or found.get("secret_key"):
            return Credentials(
                found.get("secret_id", ""), found.get("secret_key", ""), found.get("token"), source=shown
            )
    places = "; ".join(f"{number}. {place}" for number, place in enumerate(tried, 1))
    raise ConfigurationError(
        f"no credentials. Looked, in this order, for: {places}. "
        "Set the first two, or give Client(…, credentials=Credentials(secret_id, secret_key))"
    )


def _read(provider: CredentialProvider) -> tuple[str, str, str | None]:
    return provider.secret_id, provider.secret_key, getattr(provider, "token", None)


def _from_json(text: str) -> Mapping[str, str | None]:
    data = json.loads(text)
    if not isinstance(data, dict):
        raise ValueError("not an object")  # noqa: TRY004 - said as one error to the caller
    return {
        "secret_id": data.get("secretId"),
        "secret_key": data.get("secretKey"),
        "token": data.get("token"),
    }


def _from_ini(text: str, section: str) -> Mapping[str, str | None]:
    parser = configparser.ConfigParser(interpolation=None)
    parser.read_string(text)
    return dict(parser[section]) if parser.has_section(section) else {}
