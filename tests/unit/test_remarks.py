"""What is kept of what an engine says: bounded, and nothing of another form."""

import json
import math

from services.core.remarks import LONGEST, MOST, Remarks


def test_remarks_are_read_off_a_result_and_off_what_was_told_of_it() -> None:
    meta = {"changed": ["seed: not sent"], "made_by": "b", "passed_over": ["a: away"], "usage": {"total_tokens": 12}, "model": "m"}
    remarks = Remarks.of(meta)
    assert remarks == Remarks(("seed: not sent",), "b", ("a: away",), {"total_tokens": 12})
    assert Remarks.of(json.loads(json.dumps(remarks.to_json()))) == remarks


def test_an_engine_without_remarks_says_nothing() -> None:
    assert Remarks.of({"seconds": 1.0, "changed": [], "usage": {}}).to_json() == {}


def test_a_provider_that_says_much_is_cut_short() -> None:
    many = ["x" * 5_000] * 100
    told = Remarks.of({"changed": many, "passed_over": many, "made_by": many[0], "usage": {f"{n}{many[0]}": n for n in range(100)}})
    assert all(len(lines) == MOST for lines in (told.changed, told.passed_over, told.usage))
    assert {len(line) for line in (*told.changed, *told.passed_over, told.made_by, *told.usage)} == {LONGEST}


def test_what_is_no_remark_is_left_out() -> None:
    usage = {"tokens": 5, "details": {"text": 1}, "unit": "token", "free": True, "nan": math.nan, "much": 10**400, "none": None}
    assert Remarks.of({"changed": "all", "passed_over": [1, None], "made_by": 7, "usage": usage}) == Remarks(usage={"tokens": 5})
    assert Remarks.of({"usage": [1]}) == Remarks()
