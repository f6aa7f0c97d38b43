"""Any condition that a filter can say, for hypothesis."""

from datetime import UTC

from hypothesis import strategies as st

from services.core.filtering import FIELDS, All, Any, Comparison, Condition, Kind, Not, Presence, Value

VALUES: dict[Kind, st.SearchStrategy[Value]] = {
    Kind.ID: st.uuids(),
    Kind.FLAG: st.booleans(),
    Kind.TEXT: st.text(st.characters(exclude_categories=["C", "Z"]) | st.just(" "), min_size=1, max_size=20),
    Kind.TIME: st.datetimes(timezones=st.just(UTC)),
    Kind.NUMBER: st.integers(0, 999_999_999),
}


@st.composite
def comparisons(draw: st.DrawFn) -> Comparison:
    name = draw(st.sampled_from(list(FIELDS)))
    known = FIELDS[name]
    compare = draw(st.sampled_from(known.kind.operators))
    if compare == ":" and (known.kind is not Kind.TEXT or draw(st.booleans())):
        return Comparison(name, compare, Presence.ANY)
    return Comparison(name, compare, draw(VALUES[known.kind] if known.kind in VALUES else st.sampled_from(known.choices)))


def compound(parts: st.SearchStrategy[Condition]) -> st.SearchStrategy[Condition]:
    several = st.lists(parts, min_size=2, max_size=3).map(tuple)
    return several.map(All) | several.map(Any) | parts.map(Not)


CONDITIONS: st.SearchStrategy[Condition] = st.recursive(comparisons(), compound, max_leaves=10)
