"""Where a stream goes on."""

import pytest

from chiplog_sidecar import resuming


@pytest.mark.parametrize(
    ("ranges", "end"),
    [
        pytest.param([], 0, id="nothing was shipped"),
        pytest.param([(0, 5), (5, 9)], 9, id="one after the other"),
        pytest.param([(5, 9), (0, 5)], 9, id="in any order"),
        pytest.param([(0, 5), (3, 9)], 9, id="overlapping after a crash"),
        pytest.param([(0, 9), (2, 4)], 9, id="one inside another"),
        pytest.param([(0, 5), (6, 9)], 5, id="a hole ends it, so that its rows are read again"),
        pytest.param([(3, 9)], 0, id="a hole at the start"),
    ],
)
def test_a_stream_goes_on_at_the_end_of_what_is_covered(ranges: list[tuple[int, int]], end: int) -> None:
    assert resuming.contiguous_end(ranges) == end
