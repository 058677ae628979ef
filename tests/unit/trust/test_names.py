"""Names and addresses: one spelling for each, and nothing unexpected."""

import pytest

from edd.errors import CredentialError
from edd.trust.names import join_address, server_name, split_address


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("web1:8866", ("web1", 8866)),
        ("WEB1.Example.org:443", ("web1.example.org", 443)),
        ("192.0.2.1:1", ("192.0.2.1", 1)),
        ("[2001:DB8::1]:8866", ("2001:db8::1", 8866)),
    ],
)
def test_an_address_is_split_into_host_and_port(text: str, found: tuple[str, int]) -> None:
    assert split_address(text) == found


@pytest.mark.parametrize(
    "text",
    [
        "",
        "web1",
        ":1",
        "web1:",
        "web1:x",
        "web1:70000",
        "web1:0",
        "::1:8866",
        "[web1]:1",
        "a b:1",
        "web1:8866\n",
        "http://web1:1",
        "web1:\u0661",
    ],
)
def test_what_is_no_address_is_refused(text: str) -> None:
    with pytest.raises(CredentialError):
        split_address(text)


@pytest.mark.parametrize("host", ["web1", "192.0.2.1", "2001:db8::1"])
def test_an_address_is_joined_as_it_is_split(host: str) -> None:
    assert split_address(join_address(host, 8866)) == (host, 8866)


@pytest.mark.parametrize("name", ["web1", "web_1.local", "*.example.org", "xn--bcher-kva.example"])
def test_dns_names_may_enter_a_certificate(name: str) -> None:
    assert server_name(name) == name


@pytest.mark.parametrize("name", ["", "-a", "a..b", "bücher.example", "a/b", "a" * 64, "*", "a.*"])
def test_what_is_no_dns_name_is_refused(name: str) -> None:
    with pytest.raises(CredentialError):
        server_name(name)
