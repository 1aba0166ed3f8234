"""Addresses: every node has its own, inside the benchmark range."""

from ipaddress import IPv4Address, IPv4Network
from itertools import combinations, pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chiplog_cluster import ranges
from chiplog_cluster.errors import ClusterError

SLOTS = st.integers(0, ranges.SLOTS - 1)
BENCHMARK = IPv4Network("198.18.0.0/15")


@given(SLOTS)
def test_a_slot_lies_inside_the_benchmark_range_and_overlaps_nothing_of_itself(slot: int) -> None:
    networks = ranges.of_slot(slot).networks()
    assert all(network.subnet_of(BENCHMARK) for network in networks)
    assert not any(one.overlaps(other) for one, other in combinations(networks, 2))


def test_no_two_slots_share_an_address() -> None:
    networks = sorted(network for slot in range(ranges.SLOTS) for network in ranges.of_slot(slot).networks())
    assert not any(one.overlaps(other) for one, other in pairwise(networks))


@given(SLOTS)
def test_fixed_addresses_lie_in_the_part_of_the_services_that_is_never_handed_out(slot: int) -> None:
    it = ranges.of_slot(slot)
    first_sixteenth = next(it.services.subnets(prefixlen_diff=4))
    assert {it.api_service, it.dns, it.s3} < set(first_sixteenth)
    assert len({it.api_service, it.dns, it.s3}) == 3


@given(SLOTS)
def test_host_and_node_are_the_two_ends_of_the_link(slot: int) -> None:
    it = ranges.of_slot(slot)
    assert list(it.link.hosts()) == [it.host, it.node]


@pytest.mark.parametrize("slot", [-1, ranges.SLOTS])
def test_a_slot_outside_the_range_is_refused(slot: int) -> None:
    with pytest.raises(ClusterError, match="outside"):
        ranges.of_slot(slot)


@given(st.text(), st.sets(SLOTS, max_size=ranges.SLOTS - 1))
def test_the_chosen_slot_is_nobodys(identity: str, taken: set[int]) -> None:
    assert ranges.choose_slot(identity, taken, []) not in taken


@given(st.text())
def test_the_same_checkout_and_purpose_choose_the_same_slot_again(identity: str) -> None:
    assert ranges.choose_slot(identity, [], []) == ranges.choose_slot(identity, [], [])


def test_a_slot_that_the_host_routes_elsewhere_is_passed_over() -> None:
    first = ranges.choose_slot("a checkout", [], [])
    routed = [IPv4Network((ranges.of_slot(first).pods[9], 32))]
    assert ranges.choose_slot("a checkout", [], routed) == (first + 1) % ranges.SLOTS


def test_a_full_machine_is_an_error_that_says_what_to_do() -> None:
    with pytest.raises(ClusterError, match="--wipe"):
        ranges.choose_slot("one too many", range(ranges.SLOTS), [])


def test_no_slot_touches_a_private_network_that_the_s3_server_would_refuse() -> None:
    it = ranges.of_slot(0)
    assert it.api_service == IPv4Address("198.18.0.1")
    assert not any(network.overlaps(IPv4Network("10.0.0.0/8")) for network in it.networks())
