"""Which proxy the environment names for a URL, by the rules that ``httpx.Client`` follows."""

from __future__ import annotations

from collections.abc import Mapping
from ipaddress import ip_address
from urllib.parse import urlsplit
from urllib.request import getproxies


def proxy_for(url: str, proxies: Mapping[str, str] | None = None) -> str | None:
    """Return the proxy for `url`; None to connect directly.

    ``HTTP_PROXY``, ``HTTPS_PROXY``, ``ALL_PROXY`` and ``NO_PROXY`` count, in capitals or not, and the system's
    settings where there are any. The transports that the workers use, unlike ``httpx.Client``, do not look.

    Parameters
    ----------
    url : str
        Where the request goes.
    proxies : mapping of str to str, optional
        By scheme, with ``no`` for what needs none; ``urllib.request.getproxies()`` if not given.
    """
    proxies = getproxies() if proxies is None else proxies
    parts = urlsplit(url)
    host = parts.hostname or ""
    for pattern in filter(None, (item.strip() for item in proxies.get("no", "").split(","))):
        if pattern == "*" or _covers(pattern, parts.scheme, host, parts.port):
            return None
    proxy = proxies.get(parts.scheme) or proxies.get("all")
    if not proxy:
        return None
    return proxy if "://" in proxy else f"http://{proxy}"


def _covers(pattern: str, scheme: str, host: str, port: int | None) -> bool:
    """Whether `pattern`, an item of ``NO_PROXY``, covers a host; a name covers what lies below it, too."""
    exact = False
    if "://" in pattern:
        above, _, pattern = pattern.partition("://")
        if above not in ("all", scheme):
            return False
        exact = not pattern.startswith("*")
        pattern = pattern.removeprefix("*")
    parts = urlsplit(f"//{pattern}" if not _is_address(pattern) or ":" not in pattern else f"//[{pattern}]")
    name = (parts.hostname or "").lower()
    if parts.port is not None and parts.port != port:
        return False
    if not name:
        return True
    if exact or _is_address(name) or name == "localhost":
        return host == name
    return host.endswith(name) if name.startswith(".") else host == name or host.endswith(f".{name}")


def _is_address(text: str) -> bool:
    try:
        ip_address(text)
    except ValueError:
        return False
    return True
