"""Links, sessions, tokens: who may come in, how often, and for how long."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import httpx
import pytest


@pytest.fixture
def browser(installation) -> Iterator[httpx.Client]:
    with httpx.Client(
        base_url=installation.url, headers={"sec-fetch-site": "same-origin"}, timeout=20
    ) as client:
        yield client


def token_of(link: dict[str, str]) -> str:
    return link["url"].partition("#token=")[2]


def test_a_link_signs_in_once(owner, browser):
    link = owner.post("/api/links").json()

    first = browser.post("/api/sessions", json={"token": token_of(link)})
    again = browser.post("/api/sessions", json={"token": token_of(link)})

    assert first.status_code == 201
    cookie = first.headers["set-cookie"]
    assert "HttpOnly" in cookie
    assert "SameSite=Strict" in cookie
    assert again.status_code == 401
    assert again.json()["type"] == "/problems/link-spent"
    assert browser.get("/api/me").json()["person"]["role"] == "owner"


def test_of_two_who_come_at_once_one_gets_in(owner, installation):
    token = token_of(owner.post("/api/links", json={}).json())

    def come(_: int) -> int:
        return httpx.post(f"{installation.url}/api/sessions", json={"token": token}).status_code

    with ThreadPoolExecutor(8) as pool:
        statuses = sorted(pool.map(come, range(8)))

    assert statuses == [201] + [401] * 7


def test_the_link_is_of_the_page_and_keeps_its_secret_in_the_fragment(owner, installation):
    link = owner.post("/api/links", json={}).json()

    assert link["url"].startswith(f"http://localhost:{installation.port}/#token=")
    assert link["telegram_url"] is None


def test_somebody_can_be_invited_and_comes_in_as_that_person(owner, browser, person):
    mia = person("Mia")

    link = owner.post("/api/links", json={"person": mia["id"], "kind": "invite"}).json()
    browser.post("/api/sessions", json={"token": token_of(link)})

    assert browser.get("/api/me").json()["person"]["id"] == mia["id"]


def test_a_member_may_not_make_links_for_others(owner, browser, person):
    mia = person("Mia")
    link = owner.post("/api/links", json={"person": mia["id"]}).json()
    browser.post("/api/sessions", json={"token": token_of(link)})

    own = browser.post("/api/links", json={})
    others = browser.post("/api/links", json={"person": "P-1"})

    assert own.status_code == 201
    assert others.status_code == 403


def test_sessions_are_listed_and_ended(owner, browser, installation):
    browser.headers["user-agent"] = "Firefox on the desk"
    browser.post("/api/sessions", json={"token": token_of(owner.post("/api/links").json())})
    with httpx.Client(base_url=installation.url) as phone:
        phone.post("/api/sessions", json={"token": token_of(owner.post("/api/links").json())})

        listed = browser.get("/api/sessions").json()["sessions"]
        (here,) = [one for one in listed if one["current"]]
        (other,) = [one for one in phone.get("/api/sessions").json()["sessions"] if one["current"]]
        ended = browser.delete(f"/api/sessions/{other['id']}")

        assert here["user_agent"] == "Firefox on the desk"
        assert ended.status_code == 204
        assert phone.get("/api/me").status_code == 401
    assert browser.delete("/api/sessions/current").status_code == 204
    assert browser.get("/api/me").status_code == 401


def test_nobody_ends_the_session_of_another(owner, browser, person, installation):
    mia = person("Mia")
    link = owner.post("/api/links", json={"person": mia["id"]}).json()
    browser.post("/api/sessions", json={"token": token_of(link)})
    with httpx.Client(base_url=installation.url) as boss:
        boss.post("/api/sessions", json={"token": token_of(owner.post("/api/links").json())})
        number = boss.get("/api/me").json()["session"]

        refused = browser.delete(f"/api/sessions/{number}")

        assert refused.status_code == 404
        assert boss.get("/api/me").status_code == 200


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"sec-fetch-site": "cross-site"}, 403),
        ({"sec-fetch-site": "same-site"}, 403),
        ({"sec-fetch-site": "", "origin": "https://evil.example"}, 403),
        ({"origin": "null"}, 201),
        ({"sec-fetch-site": "same-origin"}, 201),
    ],
)
def test_another_sites_page_cannot_act_with_the_cookie(owner, browser, headers, status):
    browser.post("/api/sessions", json={"token": token_of(owner.post("/api/links").json())})

    answer = browser.post("/api/tasks", json={"title": "a"}, headers=headers)

    assert answer.status_code == status


def test_an_old_browser_says_where_its_page_is_from(owner, installation):
    with httpx.Client(base_url=installation.url) as old:
        old.post("/api/sessions", json={"token": token_of(owner.post("/api/links").json())})
        here = {"origin": installation.url}

        assert old.post("/api/tasks", json={"title": "a"}, headers=here).status_code == 201
        foreign = {"origin": "https://evil.example"}
        assert old.post("/api/tasks", json={"title": "a"}, headers=foreign).status_code == 403


def test_a_token_works_until_it_is_revoked_and_is_refused_at_once_then(owner, installation):
    made = owner.post("/api/tokens", json={"name": "build server"}).json()
    with httpx.Client(
        base_url=installation.url, headers={"authorization": f"Bearer {made['token']}"}
    ) as program:
        for _ in range(3):
            assert program.get("/api/me").status_code == 200
        listed = owner.get("/api/tokens").json()["tokens"]

        owner.delete(f"/api/tokens/{made['id']}")

        assert program.get("/api/me").status_code == 401
    assert "build server" in [one["name"] for one in listed]
    assert made["token"] not in str(listed)


def test_the_session_of_somebody_who_has_left_ends_also_when_they_come_back(owner, browser, person):
    mia = person("Mia")
    link = owner.post("/api/links", json={"person": mia["id"], "kind": "invite"}).json()
    browser.post("/api/sessions", json={"token": token_of(link)})
    path = f"/api/people/{mia['id']}"

    owner.patch(path, json={"status": "left"})
    refused = browser.get("/api/me")
    owner.patch(path, json={"status": "active"})
    still = browser.get("/api/me")

    assert (refused.status_code, still.status_code) == (401, 401)
    assert refused.json()["type"] == "/problems/session-ended"


def test_the_last_use_of_a_token_is_known(owner, installation):
    made = owner.post("/api/tokens", json={"name": "script"}).json()
    headers = {"Authorization": f"Bearer {made['token']}"}

    httpx.get(f"{installation.url}/api/me", headers=headers)

    (listed,) = [
        one for one in owner.get("/api/tokens").json()["tokens"] if one["id"] == made["id"]
    ]
    assert listed["last_used_at"] is not None
