"""Proxies of the environment: the same answer as httpx.Client's, for any environment."""

from __future__ import annotations

import httpx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cijob_analysis.service.proxies import proxy_for

HOSTS = ["media-1250000000.ci.ap-beijing.myqcloud.com", "myqcloud.com", "evilmyqcloud.com", "10.0.0.1", "localhost"]
PATTERNS = [
    "myqcloud.com", ".myqcloud.com", "ci.ap-beijing.myqcloud.com", "*", "10.0.0.1", "localhost", "",
    "https://myqcloud.com", "all://myqcloud.com", "http://localhost", "myqcloud.com:8443", "example.com",
]  # fmt: skip


@settings(deadline=None)
@given(
    url=st.builds(
        "{}://{}{}".format, st.sampled_from(["https", "http"]), st.sampled_from(HOSTS), st.sampled_from(["", ":8443"])
    ),
    named=st.dictionaries(st.sampled_from(["http", "https", "all"]), st.sampled_from(["http://p:1", "p:2"])),
    without=st.lists(st.sampled_from(PATTERNS), max_size=3).map(",".join),
)
def test_equals_httpx(url: str, named: dict[str, str], without: str) -> None:
    with pytest.MonkeyPatch.context() as patch:
        for scheme in ("http", "https", "all"):
            for name in (f"{scheme}_proxy", f"{scheme}_proxy".upper()):
                patch.delenv(name, raising=False)
            if scheme in named:
                patch.setenv(f"{scheme}_proxy", named[scheme])
        patch.setenv("no_proxy", without)
        with httpx.Client(verify=False) as client:
            chosen = client._transport_for_url(httpx.URL(url))
        pool = getattr(chosen, "_pool")  # noqa: B009 - private, and the only place that knows
        theirs = getattr(pool, "_proxy_url", None)
        ours = proxy_for(url)
    assert (ours is None) == (theirs is None)
    if ours is not None and theirs is not None:
        assert httpx.URL(ours).host == theirs.host.decode()
        assert httpx.URL(ours).port == theirs.port


def test_lists_with_blanks_and_a_proxy_without_scheme() -> None:
    proxies = {"https": "proxy.example.com:3128", "no": " a.com , myqcloud.com "}
    assert proxy_for("https://x.myqcloud.com", proxies) is None
    assert proxy_for("https://x.example.org", proxies) == "http://proxy.example.com:3128"
