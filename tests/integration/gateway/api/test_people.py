"""People over HTTP."""


def test_a_person_needs_only_a_name(owner, person):
    made = person("Ana")

    found = owner.get(f"/api/people/{made['id']}")

    assert found.json() == made
    assert list(made) == [
        "id", "name", "aliases", "role", "department", "leads", "language", "working_days",
        "telegram_id", "telegram_username", "discord_id", "email", "timezone", "working_hours",
        "quiet_hours", "skills", "status", "away_until",
    ]  # fmt: skip
    assert (made["role"], made["timezone"]) == ("member", "Europe/Berlin")
    assert made["working_hours"] == "09:00-18:00"


def test_everything_that_may_be_said_of_a_person_is_kept(owner, person):
    said = {
        "role": "lead",
        "department": "dev",
        "leads": ["dev"],
        "language": "de",
        "working_days": [1, 2, 3],
        "telegram_username": "ana_dev_42",
        "discord_id": "1234",
        "email": "ana@example.org",
        "timezone": "Asia/Bangkok",
        "working_hours": "08:00-16:00",
        "quiet_hours": "22:00-06:00",
        "skills": ["python"],
        "status": "away",
        "away_until": "2027-01-01T00:00:00Z",
    }

    made = person("Ana", **said)

    assert {key: made[key] for key in said} == said


def test_a_name_that_is_taken_is_told_by_its_field(owner, person):
    made = person("Ana")

    answer = owner.post("/api/people", json={"name": made["name"]})

    assert answer.status_code == 409
    assert answer.json()["type"] == "/problems/name-taken"


def test_a_person_is_changed_field_by_field(owner, person):
    made = person("Ana", department="dev", skills=["python"])

    changed = owner.patch(f"/api/people/{made['id']}", json={"department": None, "skills": []})

    assert changed.status_code == 200
    assert changed.json() == {**made, "department": None, "skills": []}


def test_a_stale_change_of_a_person_is_refused(owner, person):
    path = f"/api/people/{person('Ana')['id']}"
    etag = owner.get(path).headers["etag"]
    owner.patch(path, json={"language": "de"}, headers={"If-Match": etag})

    stale = owner.patch(path, json={"language": "fr"}, headers={"If-Match": etag})

    assert stale.status_code == 412


def test_me_is_the_caller(owner):
    assert owner.get("/api/people/me").json()["role"] == "owner"


def test_people_are_listed_by_page(owner, person):
    made = {person(f"P{number}")["id"] for number in range(3)}
    page = owner.get("/api/people", params={"per_page": 2}).json()
    seen = [one["id"] for one in page["people"]]

    while page["next_cursor"]:
        asked = {"per_page": 2, "cursor": page["next_cursor"]}
        page = owner.get("/api/people", params=asked).json()
        seen += [one["id"] for one in page["people"]]

    assert made <= set(seen)
    assert len(seen) == len(set(seen)) == page["total"]


def test_a_person_who_is_not_there_is_not_found(owner):
    answer = owner.get("/api/people/P-999999")

    assert answer.status_code == 404
    assert answer.json()["type"] == "/problems/person-not-found"
