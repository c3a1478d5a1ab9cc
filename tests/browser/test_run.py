"""A run from the page: start, watch, edit, stop, a new one; and what is refused, with the reason."""

from __future__ import annotations

from collections.abc import Callable

from playwright.sync_api import expect

from page import Page
from stage import Stage

OpenPage = Callable[..., Page]


def start(page: Page, users: int, spawn_rate: int = 100) -> None:
    """Fill the start form and press its button."""
    page.at("start-users").fill(str(users))
    page.at("start-spawn-rate").fill(str(spawn_rate))
    page.at("start-submit").click()
    expect(page.at("strip-state")).to_be_visible()


def test_a_run_is_started_edited_stopped_and_followed_by_a_new_one(stage: Stage, open_page: OpenPage) -> None:
    stage.start("shop.py")
    page = open_page()
    start(page, 4)
    page.wait_state("running", 4)
    page.wait_requests(20)
    expect(page.at("strip-users")).to_contain_text("4 / 4")
    expect(page.at("row-GET-/")).to_be_visible()

    page.at("edit-open").click()
    expect(page.at("edit-users")).to_have_value("4")
    page.at("edit-users").fill("7")
    page.at("edit-submit").click()
    page.wait_state("running", 7)
    expect(page.at("strip-users")).to_contain_text("7 / 7")

    first = page.state("status.run_id")
    page.at("stop").click()
    page.wait_state("stopped", 0)
    requests = page.state("statistics.total.requests")
    assert requests == stage.get("/api/v1/runs/current/statistics").json()["total"]["requests"] > 0

    page.at("new-run").click()
    expect(page.at("start-users")).to_have_value("4")
    start(page, 2)
    page.wait_state("running", 2)
    assert page.state("status.run_id") != first


def test_a_run_is_stopped_while_its_users_are_started(stage: Stage, open_page: OpenPage) -> None:
    stage.start("shop.py")
    page = open_page()
    start(page, 500, 5)
    page.wait("window.acrida.live.state.get().status.state === 'spawning'")
    page.wait_requests(1)
    page.at("stop").click()
    page.wait_state("stopped", 0)
    peak = max(users or 0 for users in page.state("series.users"))
    assert peak < 500, "the run was stopped too late to say anything"
    assert stage.status()["users"] == 0


def test_without_a_worker_the_start_says_what_it_waits_for(stage: Stage, open_page: OpenPage) -> None:
    stage.start("shop.py", workers=0)
    page = open_page()
    expect(page.at("start-submit")).to_be_disabled()
    expect(page.at("start-obstacle")).to_contain_text("worker")
    page.at("start-users").fill("3")
    stage.add_worker()
    expect(page.at("start-submit")).to_be_enabled()
    expect(page.at("start-users")).to_have_value("3")


def test_a_run_that_somebody_else_started_is_shown_and_nothing_typed_is_lost(
    stage: Stage, open_page: OpenPage
) -> None:
    stage.start("shop.py")
    page = open_page()
    page.at("start-users").fill("33")
    assert stage.post("/api/v1/start", {"users": 1, "spawn_rate": 1}).status == 200
    expect(page.at("run-elsewhere")).to_be_visible()
    expect(page.at("start-users")).to_have_value("33")
    expect(page.at("start-submit")).to_be_disabled()
    again = stage.post("/api/v1/start", {"users": 2, "spawn_rate": 1})
    assert (again.status, again.json()["error"]["code"]) == (409, "already_running")


def test_of_two_who_edit_the_second_is_told_and_keeps_what_was_typed(
    stage: Stage, open_page: OpenPage
) -> None:
    stage.start("shop.py")
    first, second = open_page(), open_page()
    start(first, 2)
    for page in (first, second):
        page.wait_state("running", 2)
        page.at("edit-open").click()
    first.at("edit-users").fill("3")
    first.at("edit-submit").click()
    second.wait("window.acrida.live.state.get().status.target_users === 3")

    second.expected.append("409")
    second.at("edit-users").fill("5")
    second.at("edit-submit").click()
    expect(second.at("edit-conflict")).to_contain_text("3")
    expect(second.at("edit-users")).to_have_value("5")
    second.at("edit-overwrite").click()
    second.wait_state("running", 5)


def test_a_lost_worker_is_shown_with_a_mark_on_the_time_axis(stage: Stage, open_page: OpenPage) -> None:
    stage.start("shop.py", workers=2)
    page = open_page()
    start(page, 4)
    page.wait_state("running", 4)
    stage.processes[-1].kill()
    expect(page.at("strip-lost")).to_contain_text("1")
    page.at("tab-workers").click()
    expect(page.at("missing-since")).to_have_count(1)
    expect(page.at("missing-since")).to_be_visible()
    page.wait("window.acrida.live.state.get().marks.some((mark) => mark.kind === 'worker_lost')")


def test_a_run_is_started_with_the_keyboard_alone(stage: Stage, open_page: OpenPage) -> None:
    stage.start("shop.py")
    page = open_page()
    expect(page.at("start-submit")).to_be_enabled()
    page.at("start-users").focus()
    page.tab.keyboard.press("ControlOrMeta+a")
    page.tab.keyboard.type("2")
    page.tab.keyboard.press("Tab")
    page.tab.keyboard.press("ControlOrMeta+a")
    page.tab.keyboard.type("10")
    page.tab.keyboard.press("Enter")
    page.wait_state("running", 2)
    is_at_stop = "() => document.activeElement?.dataset.testid === 'stop'"
    for _ in range(40):
        page.tab.keyboard.press("Tab")
        if page.tab.evaluate(is_at_stop):
            break
    assert page.tab.evaluate(is_at_stop), "the Tab key never came to Stop"
    page.tab.keyboard.press("Enter")
    page.wait_state("stopped", 0)
