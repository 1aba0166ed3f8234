"""What is read once for everybody who asks: how often it is read again."""

from chiplog_dashboard.fresh import Fresh


class Slow:
    """A reading that takes some seconds of a clock of its own, and gives how many there have been."""

    def __init__(self, takes: float) -> None:
        self.now, self.takes, self.count = 0.0, takes, 0

    def read(self) -> int:
        self.now += self.takes
        self.count += 1
        return self.count

    def clock(self) -> float:
        return self.now


def test_a_reading_that_takes_long_is_followed_by_a_pause_four_times_as_long() -> None:
    slow = Slow(takes=10)
    fresh = Fresh(slow.read, slow.clock, 1.0)
    fresh.get()
    slow.now += 1
    assert fresh.get() == 2
    slow.now += 39
    assert fresh.get() == 2
    slow.now += 1
    assert fresh.get() == 3


def test_the_first_reading_which_is_cold_has_no_such_pause() -> None:
    slow = Slow(takes=10)
    fresh = Fresh(slow.read, slow.clock, 1.0)
    assert fresh.get() == 1
    slow.now += 0.9
    assert fresh.get() == 1
    slow.takes, slow.now = 0.1, slow.now + 0.1
    assert fresh.get() == 2
