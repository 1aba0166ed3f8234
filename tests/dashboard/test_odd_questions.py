"""No question, however odd, ends in an error that is not said on purpose."""

from urllib.parse import quote

import pytest
from bucket_world import Source, World, script
from dashboard_site import Start
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

PLACES = (
    "runs", "select", "keys", "curves", "sweeps", "lines", "session", "runs/prod/team/mnist-0123abcd",
    "runs/prod/team/mnist-0123abcd/console", "runs/prod/team/mnist-0123abcd/files",
)  # fmt: skip
NAMES = ("filter", "run", "key", "points", "axis", "from", "to", "kind", "search", "last", "q")
WORDS = st.one_of(
    st.text(max_size=30),
    st.sampled_from(
        ["", "loss", "prod/team/mnist-0123abcd", "1e999", "-1", "NaN", "inf", "0x10", "²", "٣", "step", "\x00"]
    ),
)


@pytest.mark.parametrize("deep", [False, True])
def test_an_odd_question_is_answered_or_refused(world: World, start: Start, deep: bool) -> None:
    place = world.run()
    world.record("r1", Source(script((1.0, 0.5))), run=place.id)
    site = start()

    @settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck))
    @given(
        st.sampled_from(PLACES),
        st.lists(WORDS, max_size=4),
        st.lists(st.tuples(st.sampled_from(NAMES), WORDS), max_size=5),
    )
    def ask(path: str, more: list[str], asked: list[tuple[str, str]]) -> None:
        parts = [path, *(quote(word, safe="", errors="surrogatepass") for word in more)] if deep else [path]
        query = "&".join(f"{name}={quote(word, safe='', errors='surrogatepass')}" for name, word in asked)
        answer = site.get(f"/api/v1/{'/'.join(parts)}?{query}")
        assert answer.status in (200, 400, 404), (parts, asked, answer.body)

    ask()
