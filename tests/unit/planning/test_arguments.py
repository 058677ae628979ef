"""What `docker run` arguments mean, and what they claim for one container alone."""

import shlex

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edd.model.arguments import (
    ArgumentProblem,
    Flag,
    check_arguments,
    docker_arguments,
    parse_arguments,
)
from edd.model.deployment import Deployment
from edd.model.docker_run import ALIASES, ALWAYS, BOOLEAN, REFUSED, SHORT, VALUED
from edd.planning.arguments import clashing_ports, exclusive_claims, host_ports


def claims(line: str) -> list[str]:
    return [str(claim) for claim in host_ports(parse_arguments(shlex.split(line)))]


def reasons(line: str) -> list[str]:
    return exclusive_claims(parse_arguments(shlex.split(line)))


@pytest.mark.parametrize(
    "line", ["-p80:80", "-p 80:80", "-p=80:80", "--publish 80:80", "--publish=80:80", "-itp80:80"]
)
def test_every_way_to_attach_a_value_means_the_same(line: str) -> None:
    flags = parse_arguments(line.split())

    assert flags[-1] == Flag("publish", "80:80")


def test_an_option_takes_the_next_word_even_if_it_looks_like_an_option() -> None:
    assert parse_arguments(["-e", "-p"]) == [Flag("env", "-p")]


def test_an_equals_sign_with_nothing_after_it_is_a_short_options_value() -> None:
    assert parse_arguments(["-e="]) == [Flag("env", "=")]


def test_a_long_option_may_have_an_empty_value() -> None:
    assert parse_arguments(["--entrypoint="]) == [Flag("entrypoint", "")]


def test_a_boolean_option_does_not_take_the_next_word() -> None:
    assert parse_arguments(["--init", "-P"]) == [Flag("init"), Flag("publish-all")]


@pytest.mark.parametrize("word", ["--init=false", "--init=0", "--init=F"])
def test_a_boolean_option_can_be_switched_off(word: str) -> None:
    (flag,) = parse_arguments([word])

    assert not flag.on


@pytest.mark.parametrize(("old", "new"), ALIASES.items())
def test_an_old_name_is_read_as_its_present_one(old: str, new: str) -> None:
    assert parse_arguments([f"--{old}=x"]) == [Flag(new, "x")]


@pytest.mark.parametrize(
    ("line", "cleaned"),
    [
        ("-d -it -p 80:80", "-p 80:80"),
        ("-itd", ""),
        ("--detach --interactive --tty=true", ""),
        ("-itP -v data:/data", "--publish-all -v data:/data"),
        ("-dp80:80", "--publish=80:80"),
        ("--rm=false --init", "--init"),
        ("-e A=1 --network host", "-e A=1 --network host"),
    ],
)
def test_what_ed_adds_itself_is_taken_out_and_the_rest_is_left_as_written(
    line: str, cleaned: str
) -> None:
    assert docker_arguments(line.split()) == cleaned.split()


@pytest.mark.parametrize("name", sorted(REFUSED))
def test_an_option_that_contradicts_ed_is_refused_with_its_reason(name: str) -> None:
    word = f"--{name}" if name in BOOLEAN else f"--{name}=x"

    assert check_arguments([word]) == [f"--{name} is not possible: {REFUSED[name]}."]


@pytest.mark.parametrize("name", sorted(ALWAYS))
def test_what_ed_always_adds_cannot_be_switched_off(name: str) -> None:
    (problem,) = check_arguments([f"--{name}=false"])

    assert "docker run -d -it" in problem


@pytest.mark.parametrize(
    ("line", "says"),
    [
        ("nginx", "'nginx' is not an option"),
        ("--init true", "'true' is not an option"),
        ("-", "'-' is not an option"),
        ("-p 80:80 --", "-- ends the options"),
        ("--publish", "--publish needs a value"),
        ("-itp", "-p (--publish) needs a value"),
        ("--publsh 80:80", "Did you mean --publish?"),
        ("--restrat=always", "Did you mean --restart?"),
        ("-Z", "-Z in '-Z' is not an option"),
        ("-restart=always", "Did you mean --restart=always?"),
        ("--init=maybe", "--init is either true or false"),
        ("-P=maybe", "--publish-all is either true or false"),
        ("--label edd.deployment=x", "labels that begin with edd. are ED's own"),
        ("-p 99999:80", "'99999' is not a port"),
        ("-p 80:80/icmp", "the protocol 'icmp'"),
        ("-p 8000-8010:80-81", "differ in length"),
        ("-p 90-80:90-80", "runs backwards"),
        ("-p example.org:80:80", "'example.org' is not an IP address"),
        ("-p published=80,tarrget=80", "'tarrget' is none of"),
        ("-e A\0", "NUL"),
    ],
)
def test_what_docker_would_not_take_is_named(line: str, says: str) -> None:
    problems = check_arguments(line.split())

    assert [problem for problem in problems if says in problem], problems


def test_all_problems_are_named_at_once() -> None:
    problems = check_arguments(["--rm", "--publsh", "80:80", "--name=x", "nginx", "--rm"])

    assert [problem.split()[0] for problem in problems] == [
        "--rm",
        "'--publsh'",
        "--name",
        "'nginx'",
    ]


def test_a_problem_is_raised_when_somebody_goes_on_regardless() -> None:
    with pytest.raises(ArgumentProblem, match="--rm is not possible"):
        docker_arguments(["--rm"])


def test_a_hostile_word_is_cut_short_in_its_problem() -> None:
    (problem,) = check_arguments(["x" * 100_000])

    assert len(problem) < 400


def test_no_option_is_both_boolean_and_valued_and_every_letter_has_a_name() -> None:
    assert not BOOLEAN & VALUED
    assert set(SHORT.values()) | REFUSED.keys() <= BOOLEAN | VALUED


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("-p 80:80", ["tcp 0.0.0.0:80"]),
        ("-p 127.0.0.1:80:8080/udp", ["udp 127.0.0.1:80"]),
        ("-p [::1]:80:80/SCTP", ["sctp [::1]:80"]),
        ("-p ::1:80:80", ["tcp [::1]:80"]),
        ("-p 8000-8002:9000-9002", ["tcp 0.0.0.0:8000-8002"]),
        ("-p published=80,target=8080,protocol=udp", ["udp 0.0.0.0:80"]),
        ("-p 80", []),
        ("-p 0:80", []),
        ("-p 127.0.0.1::80", []),
        ("-p target=80", []),
        ("-p 8000-8010:80", []),
        ("-P", []),
        ("--network host -p 80:80", []),
        ("--network none -p 80:80", []),
    ],
)
def test_only_fixed_host_ports_are_claimed(line: str, expected: list[str]) -> None:
    assert claims(line) == expected


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("-p 80:80", "publishes tcp 0.0.0.0:80 on the host"),
        ("--net=host", "uses the host's network, where its ports are not known beforehand"),
        ("--net name=host", "uses the host's network, where its ports are not known beforehand"),
        ("--network container:db", "shares the network of the container db"),
        ("--network net --ip 10.0.0.5", "has the fixed address 10.0.0.5"),
        ("--network name=net,ip6=fd00::5", "has the fixed address fd00::5"),
        ("--mac-address 02:00:00:00:00:01", "has the fixed address 02:00:00:00:00:01"),
        ("-v data:/data", "writes to the volume data"),
        ("-v /srv/data:/data:z", "writes to the host's path /srv/data"),
        ("--mount src=data,dst=/data", "writes to the volume data"),
        ("--mount type=bind,src=/srv,dst=/x,readonly=false", "writes to the host's path /srv"),
        ("--volumes-from db", "writes to the volumes of the container db"),
        ("--device /dev/ttyUSB0:/dev/tty0", "uses the device /dev/ttyUSB0"),
    ],
)  # fmt: skip
def test_what_only_one_container_can_have_is_told_in_words(line: str, reason: str) -> None:
    assert reasons(line) == [reason]


@pytest.mark.parametrize(
    "line",
    [
        "",
        "-P -p 80",
        "-v /data",
        "-v data:/data:ro",
        "-v /srv:/srv:z,ro",
        "-v /var/run/docker.sock:/var/run/docker.sock",
        "-v /etc/localtime:/etc/localtime",
        "--mount type=bind,src=/srv,dst=/srv,readonly",
        "--mount type=bind,src=/srv,dst=/srv,ro=true",
        "--mount type=tmpfs,dst=/tmp",
        "--mount type=volume,dst=/data",
        "--tmpfs /tmp",
        "--volumes-from db:ro",
        "--device /dev/dri",
        "--network web --network-alias www --hostname www",
        "--restart always -m 1g -e A=B",
    ],
)
def test_what_containers_can_share_is_no_reason(line: str) -> None:
    assert reasons(line) == []


@pytest.mark.parametrize(
    ("one", "other", "clash"),
    [
        ("-p 80:80", "-p 80:8080", True),
        ("-p 127.0.0.1:80:80", "-p 80:80", True),
        ("-p 8000-8010:8000-8010", "-p 8010:80", True),
        ("-p 127.0.0.1:80:80", "-p 127.0.0.2:80:80", False),
        ("-p 80:80", "-p 80:80/udp", False),
        ("-p 80:80", "-p 81:80", False),
        ("-p 80:80", "--rm -p 80:80", False),
    ],
)
def test_two_deployments_clash_over_a_port_both_publish(one: str, other: str, clash: bool) -> None:
    pair = [Deployment("one", tuple(one.split())), Deployment("other", tuple(other.split()))]

    assert bool(clashing_ports(pair, [])) is clash


def test_a_deployment_does_not_clash_with_itself() -> None:
    assert clashing_ports([Deployment("one", ("-p80:80", "-p80:81"))], []) == []


harmless = sorted(VALUED - REFUSED.keys() - ALIASES.keys() - {"publish", "label"})
plain_value = st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=20)
switches = sorted(BOOLEAN - REFUSED.keys() - ALWAYS)
any_flag = st.builds(Flag, st.sampled_from(harmless), plain_value) | st.builds(
    Flag, st.sampled_from(switches), st.sampled_from([None, "true", "false"])
)


@given(st.lists(any_flag, max_size=8))
def test_flags_written_out_are_read_back_as_they_were(flags: list[Flag]) -> None:
    words = [str(flag) for flag in flags]

    assert parse_arguments(words) == flags
    assert docker_arguments(words) == words


@given(
    st.lists(st.text(max_size=12) | st.sampled_from(["-p", "--rm", "-it", "--", "="]), max_size=8)
)
def test_no_words_are_too_odd_to_be_judged(words: list[str]) -> None:
    if not check_arguments(words):
        exclusive_claims(parse_arguments(words))
        assert check_arguments(docker_arguments(words)) == []
