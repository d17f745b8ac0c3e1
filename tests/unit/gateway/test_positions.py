"""What browsers are told of their own writes, whichever gateways take them, in whichever order."""

from services.gateway.answer import Answer
from services.gateway.positions import Positions, positions_in


def written(position: int) -> Answer:
    return Answer(204, headers=((b"x-boss-position", str(position).encode()),))


class Browser:
    """Keeps cookies by name, the last one told."""

    def __init__(self) -> None:
        self._kept: dict[str, str] = {}

    @property
    def cookies(self) -> str:
        return "; ".join(f"{name}={value}" for name, value in self._kept.items())

    def take(self, headers) -> None:
        for _, value in headers:
            name, _, told = value.decode().partition(";")[0].partition("=")
            self._kept[name] = told


def test_answers_of_two_gateways_in_the_wrong_order_leave_the_newest():
    browser, one, other = Browser(), Positions("one:1"), Positions("other:1")
    cookies = browser.cookies
    first = one.told(3, written(10), cookies=cookies)
    second = other.told(3, written(11), cookies=cookies)

    browser.take(second)
    browser.take(first)

    assert positions_in(browser.cookies) == 11


def test_answers_of_one_gateway_in_the_wrong_order_leave_the_newest():
    browser, one = Browser(), Positions("one:1")
    later, earlier = one.told(3, written(11), cookies=""), one.told(3, written(10), cookies="")

    browser.take(later)
    browser.take(earlier)

    assert positions_in(browser.cookies) == 11


def test_what_a_session_was_told_is_not_told_to_another():
    one = Positions("one:1")
    one.told(3, written(11), cookies="")

    ((_, cookie),) = one.told(4, written(5), cookies="boss-session=x")

    assert b"=5;" in cookie


def test_reads_tell_no_position():
    assert Positions().told(3, Answer(200), cookies="boss-position-1=7") == ()


def test_cookies_that_are_no_positions_are_none():
    assert positions_in("boss-position-a=x; boss-position-b=; other=9") == 0
    assert positions_in(None) == 0
