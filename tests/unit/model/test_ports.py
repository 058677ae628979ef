"""Published ports as they are written, and what they mean."""

import pytest

from edd.model.ports import PublishedPorts, parse_published


@pytest.mark.parametrize(
    ("text", "ports", "whole"),
    [
        ("80", PublishedPorts("tcp", 80, 80, 80), "80:80/tcp"),
        ("8080:80", PublishedPorts("tcp", 8080, 80, 80), "8080:80/tcp"),
        ("53/UDP", PublishedPorts("udp", 53, 53, 53), "53:53/udp"),
        ("9000-9002:80-82/tcp", PublishedPorts("tcp", 9000, 80, 82), "9000-9002:80-82/tcp"),
        ("8000-8010", PublishedPorts("tcp", 8000, 8000, 8010), "8000-8010:8000-8010/tcp"),
    ],
)
def test_published_ports_are_read_and_written(text: str, ports: PublishedPorts, whole: str) -> None:
    assert parse_published(text) == ports
    assert str(ports) == whole
    assert parse_published(whole) == ports


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", "not a port"),
        ("http", "not a port"),
        ("0:80", "port 0"),
        ("70000", "not a port"),
        ("80/icmp", "none of tcp"),
        ("127.0.0.1:80:80", "access"),
        ("[::1]:80:80", "access"),
        ("90-80", "backwards"),
        ("8000-8005:80", "differ in length"),
        (":80", "not a port"),
    ],
)
def test_what_are_no_ports_is_refused_with_the_reason(text: str, why: str) -> None:
    with pytest.raises(ValueError, match=why):
        parse_published(text)
