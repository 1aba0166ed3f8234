"""A text is a query or an error that points at the place, and a query's text means the query."""

import math

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from chiplog.errors import QueryError
from chiplog.query import fields, parsing, syntax
from chiplog.query.syntax import And, Compare, Duration, Field, In, Is, Literal, Not, Or, Order, Query

_KEYS = st.text(max_size=8) | st.sampled_from(["lr", "val/acc", "and", "order", "0", 'a"b', "a\\b", "ä.ö", "limit"])
_FIELDS = st.sampled_from([*fields.TEXTS, *fields.NUMBERS, *fields.OTHERS]).map(
    lambda name: Field((name,))
) | st.builds(
    lambda tree, keys: Field((tree, *keys)), st.sampled_from(fields.TREES), st.lists(_KEYS, min_size=1, max_size=3)
)
_NAN = parsing.parse("step = nan").where.right.value  # type: ignore[union-attr]
_LITERALS = st.builds(
    Literal,
    st.none() | st.booleans() | st.integers(-(10**30), 10**30) | st.floats(allow_nan=False) | st.text(max_size=8)
    | st.just(_NAN),
)  # fmt: skip
_DURATIONS = st.builds(Duration, st.integers(-999, 999) | st.floats(0.001, 1e9), st.sampled_from(sorted(syntax.UNITS)))
_VALUES = _LITERALS | _DURATIONS
_COMPARISONS = (
    st.builds(Compare, st.sampled_from([*set(parsing.SIGNS.values()), "contains"]), _FIELDS, _VALUES | _FIELDS)
    | st.builds(Compare, st.sampled_from(["=", "<"]), _VALUES, _FIELDS)
    | st.builds(Compare, st.just("like"), _FIELDS, st.builds(Literal, st.text(max_size=5)))
    | st.builds(Compare, st.just("matches"), _FIELDS, st.sampled_from(["a+", "^x$", "[a-z]"]).map(Literal))
    | st.builds(In, _FIELDS, st.lists(_VALUES, min_size=1, max_size=3).map(tuple))
    | st.builds(In, _VALUES, _FIELDS)
    | st.builds(Is, _FIELDS, st.sampled_from(["null", "nan"]))
)
_NODES = st.recursive(
    _COMPARISONS,
    lambda below: (
        st.builds(Not, below)
        | st.builds(And, st.lists(below, min_size=2, max_size=3).map(tuple))
        | st.builds(Or, st.lists(below, min_size=2, max_size=3).map(tuple))
    ),
    max_leaves=8,
)
_QUERIES = st.builds(
    Query,
    st.none() | _NODES,
    st.lists(st.builds(Order, _FIELDS, st.booleans()), max_size=2).map(tuple),
    st.none() | st.integers(0, 10**9 - 1),
)


@given(_QUERIES)
def test_the_text_of_a_query_means_the_query(query: Query) -> None:
    assert repr(parsing.parse(syntax.text(query))) == repr(query)


@given(st.text(max_size=200))
@example("((" * 400)
@example("not " * 2000)
@example('name matches "((((a{1000}){1000}){1000}"')
@example("step = " + "9" * 5000)
@example("step = 1e999 and config.²=1 order by limit")
def test_any_text_is_a_query_or_the_one_error(text: str) -> None:
    place = 0
    try:
        parsing.parse(text)
    except QueryError as error:
        place = error.at
    assert 0 <= place <= len(text)


_PIECES = st.sampled_from(["state", "config", ".", "lr", '"x"', "=", "<", "and", "or", "not", "(", ")", "in", ",",
                           "-7d", "1", "null", "is", "order", "by", "desc", "limit", "matches", "nan"])  # fmt: skip


@given(st.lists(_PIECES, max_size=14).map(" ".join))
def test_pieces_of_the_language_in_any_order_are_a_query_or_the_one_error(text: str) -> None:
    try:
        query = parsing.parse(text)
    except QueryError:
        return
    assert repr(parsing.parse(syntax.text(query))) == repr(query)


def test_the_example_of_the_documentation_is_what_it_says() -> None:
    text = 'state = "failed" and config.lr < 0.01 and summary."val/acc" > 0.9 order by summary.loss desc limit 20'
    assert parsing.parse(text) == Query(
        And((
            Compare("=", Field(("state",)), Literal("failed")),
            Compare("<", Field(("config", "lr")), Literal(0.01)),
            Compare(">", Field(("summary", "val/acc")), Literal(0.9)),
        )),
        (Order(Field(("summary", "loss")), True),),
        20,
    )  # fmt: skip


def test_words_of_the_language_are_read_in_any_case_and_signs_in_both_spellings() -> None:
    assert parsing.parse("step == 1 AND step <> 2 ORDER BY step DESC") == parsing.parse(
        "step = 1 and step != 2 order by step desc"
    )


def test_and_binds_closer_than_or_and_not_closest() -> None:
    assert parsing.parse("not step = 1 and step = 2 or step = 3") == parsing.parse(
        "((not (step = 1)) and (step = 2)) or (step = 3)"
    )


@pytest.mark.parametrize(
    ("text", "at", "says"),
    [
        ("stat = 1", 0, "did you mean state"),
        ("accuracy > 1", 0, "summary.accuracy"),
        ("state = ", 8, "a field or a value"),
        ('name = "x', 7, "no closing"),
        ('state = "x" step', 12, "`and`"),
        ("(step = 1", 9, "closing parenthesis"),
        ('started_at > "soon"', 13, "no time"),
        ('started_at in (-7d, "soon")', 20, "no time"),
        ('name matches "(a"', 13, "closing one"),
        ("name matches 3", 13, "text in quotes"),
        ("config = 1", 0, "name a key"),
        ("state.x = 1", 0, "no keys"),
        ("step > 3x", 7, "no number"),
        ("step > $", 7, "'$'"),
        ('"val/acc" > 0.9', 0, 'summary."val/acc"'),
        ("order step", 6, "`by`"),
        ('order by "x"', 9, "by a field"),
        ("limit -1", 6, "number of runs"),
        ("config.3 = 1", 7, "in quotes"),
    ],
)
def test_an_error_points_at_the_place_and_says_what_to_write(text: str, at: int, says: str) -> None:
    with pytest.raises(QueryError) as caught:
        parsing.parse(text)
    assert caught.value.at == at
    assert says in caught.value.problem
    if text.strip():
        lines = str(caught.value).splitlines()
        assert lines[-1].index("^") == at + 2


def test_the_place_is_shown_in_a_long_text_of_several_lines() -> None:
    with pytest.raises(QueryError) as caught:
        parsing.parse("step = 1\n and " + "step = 1 and " * 20 + "stat = 1")
    _, shown, caret = str(caught.value).splitlines()
    assert shown[caret.index("^") :].startswith("stat")


def test_infinities_and_nan_are_values() -> None:
    assert parsing.parse("summary.loss = -inf").where == Compare("=", Field(("summary", "loss")), Literal(-math.inf))
    assert parsing.parse("summary.loss is not nan").where == Not(Is(Field(("summary", "loss")), "nan"))
