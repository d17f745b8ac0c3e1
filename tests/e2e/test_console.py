"""The page as a person uses it, in a real Chromium (Debian package `chromium`)."""

import re
import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from playwright.async_api import Page, async_playwright, expect

from tests.e2e.system import running, until

CHROMIUM = "/usr/bin/chromium"
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
SENTENCE = "Ana fix the checkout bug by Friday 5pm, urgent"


@asynccontextmanager
async def browser_page(**options) -> AsyncIterator[Page]:
    """A page in a browser of its own; anything that the page complains of fails the test."""
    assert shutil.which(CHROMIUM), "install Debian's package chromium (make test does)"
    complaints: list[str] = []
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        page = await browser.new_page(**options)
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on(
            "console", lambda m: complaints.append(m.text) if "Security Policy" in m.text else 0
        )
        try:
            yield page
        finally:
            await browser.close()
    assert not complaints


async def link(system) -> str:
    code, out, errors = await system.boss("link", "--json")
    assert code == 0, errors
    return str(re.search(r"https?://[^\s\"]+", out)[0])


async def say(page: Page, text: str) -> None:
    await page.get_by_label("Message", exact=True).fill(text)
    await page.keyboard.press("Enter")


async def test_from_the_printed_link_to_the_first_task_and_back(tmp_path):
    async with running(tmp_path) as system, browser_page() as page:
        await until(lambda: "#token=" in system.said())
        printed = re.search(r"https?://\S+#token=\S+", system.said())[0]
        await page.goto(printed)
        await page.get_by_label("What do people call you?").fill("Dana")
        await page.get_by_role("button", name="Save").click()
        await expect(page.get_by_text("Dana", exact=True)).to_be_visible()
        assert "token" not in page.url
        await system.person("Ana")

        await say(page, SENTENCE)

        card = page.get_by_role("article")
        await expect(card).to_contain_text("Fix the checkout bug")
        await expect(card).to_contain_text("Ana")
        await expect(card).to_contain_text("urgent")
        await expect(card.locator("mark").filter(has_text="Friday 5pm")).to_be_visible()
        board = page.get_by_label("Open tasks")
        await expect(board.get_by_role("listitem")).to_contain_text("Fix the checkout bug")
        assert [task["priority"] for task in await system.tasks()] == ["urgent"]

        await page.get_by_role("button", name=re.compile("Undo")).click()

        await expect(board.get_by_role("listitem")).to_have_count(0)
        undone = re.compile("undone|taken back", re.IGNORECASE)
        await expect(page.get_by_role("log")).to_contain_text(undone)


async def test_a_link_signs_in_once(tmp_path):
    async with running(tmp_path) as system:
        address = await link(system)
        async with browser_page() as first:
            await first.goto(address)
            await expect(first.get_by_label("Message", exact=True)).to_be_visible()
        async with browser_page() as second:
            await second.goto(address)
            await expect(second.get_by_role("alert")).to_be_visible()
            await expect(second.get_by_label("Message", exact=True)).to_have_count(0)


async def test_two_pages_see_each_other_s_work_live(tmp_path):
    async with running(tmp_path) as system, browser_page() as one, browser_page() as other:
        await one.goto(await link(system))
        await other.goto(await link(system))
        await expect(other.get_by_text("live")).to_be_visible()

        await say(one, "Prepare the monthly report by friday, high")

        await expect(other.get_by_role("listitem")).to_contain_text("Prepare the monthly report")
        await other.get_by_role("button", name=re.compile("^Start")).click()
        await expect(one.get_by_role("listitem")).to_contain_text("in progress")


async def test_text_of_people_is_text_and_a_phone_and_a_keyboard_are_enough(tmp_path):
    phone = {"viewport": {"width": 390, "height": 780}, "has_touch": True}
    async with running(tmp_path) as system, browser_page(**phone) as page:
        await system.ask("POST", "/api/tasks", {"title": "<b>x</b> <script>alert(1)</script>"})
        await page.goto(await link(system))
        await page.get_by_role("button", name="Tasks (1)").click()

        await expect(page.get_by_role("listitem")).to_contain_text("<script>alert(1)</script>")
        wide = await page.evaluate("document.documentElement.scrollWidth")
        assert wide <= phone["viewport"]["width"]

        await page.get_by_role("button", name="Chat").focus()
        await page.keyboard.press("Enter")
        await page.keyboard.press("/")
        await page.keyboard.type("/help")
        await page.keyboard.press("Enter")
        await expect(page.get_by_role("log")).to_contain_text("Ana fix the checkout bug")


async def test_pages_run_under_a_strict_policy(tmp_path):
    async with running(tmp_path) as system:
        for path in ("/", "/docs"):
            answer = await system.call("GET", path, token=None)

            policy = answer.headers["content-security-policy"]
            assert "default-src 'none'" in policy
            assert "unsafe" not in policy
            assert answer.headers["x-content-type-options"] == "nosniff"
