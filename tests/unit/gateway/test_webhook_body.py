import pytest

from services.gateway.problem import Refused
from services.gateway.telegram.webhook import LARGEST_BYTES, parsed


@pytest.mark.parametrize(
    ("raw", "status"),
    [
        (b"", 400),
        (b"{", 400),
        (b"\xff\xfe", 400),
        (b'{"a": "\xff"}', 400),
        (b'{"a": NaN}', 400),
        (b'{"a": 1e400}', 400),
        (b'{"a": "\\u0000"}', 400),
        (b'{"a\\u0000": 1}', 400),
        (b'{"a": ["x", {"b": "\\u0000"}]}', 400),
        (b'{"a": "\\ud800 and more text after it"}', 400),
        (b"[" * 5000 + b"]" * 5000, 400),
        (b'{"a":' * 150 + b"1" + b"}" * 150, 400),
        (b'"' + b"x" * LARGEST_BYTES + b'"', 413),
    ],
)
def test_what_cannot_be_kept_is_refused_with_the_reason(raw, status):
    with pytest.raises(Refused) as refused:
        parsed(raw)

    assert refused.value.status == status


def test_a_body_that_can_be_kept_is_what_it_says():
    assert parsed(b'{"update_id": 1, "message": {"text": "\\u00e9 \\ud83d\\ude00"}}') == {
        "update_id": 1,
        "message": {"text": "é 😀"},
    }
