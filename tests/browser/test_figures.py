"""The page's figures: those of the API, for the whole run and for a window; the past survives a reload."""

from __future__ import annotations

import json
from collections.abc import Callable

from playwright.sync_api import expect

from page import Page, digits
from stage import Stage

OpenPage = Callable[..., Page]


def run_until(stage: Stage, page: Page, requests: int, users: int = 3) -> None:
    """Start a run by the API and let it go on until the page knows of so many requests."""
    stage.begin(users)
    page.wait_requests(requests)


def stop(stage: Stage, page: Page) -> None:
    """Stop the run and wait until the page knows."""
    stage.end()
    page.wait_state("stopped", 0)


def test_zooming_a_chart_gives_the_tables_the_apis_figures_for_that_window(
    stage: Stage, open_page: OpenPage
) -> None:
    stage.start("shop.py")
    page = open_page()
    run_until(stage, page, 1)
    page.wait("window.acrida.live.state.get().series.to_s >= 8")
    stop(stage, page)
    page.at("tab-charts").click()
    plot = page.at("chart-rate-plot")
    over = plot.locator(".u-over")
    expect(over).to_be_visible()
    box = over.bounding_box()
    assert box is not None
    middle = box["y"] + box["height"] / 2
    page.tab.mouse.move(box["x"] + box["width"] * 0.3, middle)
    page.tab.mouse.down()
    page.tab.mouse.move(box["x"] + box["width"] * 0.7, middle, steps=5)
    page.tab.mouse.up()
    page.wait("window.acrida.selection.get().window !== null")
    window = page.tab.evaluate("() => window.acrida.selection.get().window")
    assert 0 < window["from_s"] < window["to_s"]

    page.at("tab-statistics").click()
    expect(page.at("window-banner")).to_be_visible()
    path = f"/api/v1/runs/current/statistics?from={window['from_s']}&to={window['to_s']}"
    expected = stage.get(path).json()
    whole = stage.get("/api/v1/runs/current/statistics").json()
    assert 0 < expected["total"]["requests"] < whole["total"]["requests"]
    row = page.at("row--Aggregated").locator("[data-col=requests]")
    expect(row).to_be_visible()
    assert digits(row) == str(expected["total"]["requests"])
    shown = page.tab.evaluate(
        "(window) => acrida.source.statistics({ from: window.from_s, to: window.to_s })", window
    )
    assert shown["rows"] == expected["rows"]


def test_a_reload_keeps_the_past_of_the_charts(stage: Stage, open_page: OpenPage) -> None:
    stage.start("shop.py")
    page = open_page()
    run_until(stage, page, 1)
    page.wait("window.acrida.live.state.get().series.to_s >= 5")
    before = page.state("series")
    page.reload()
    page.wait(f"window.acrida.live.state.get().series.to_s >= {before['to_s']}")
    after = page.state("series")
    assert after["t"][: len(before["t"])] == before["t"]
    settled = len(before["t"]) - 4
    assert after["rate"][:settled] == before["rate"][:settled]
    assert sum(rate or 0 for rate in after["rate"]) > 0


def test_the_tables_hold_200_names_and_find_one(stage: Stage, open_page: OpenPage) -> None:
    stage.start("names.py")
    page = open_page()
    run_until(stage, page, 400, users=4)
    page.wait("window.acrida.live.state.get().statistics.rows.length === 200")
    page.at("filter-statistics").fill("catalogue/123")
    expect(page.at("row-GET-/catalogue/123")).to_be_visible()
    expect(page.at("row-GET-/catalogue/124")).to_have_count(0)


def test_the_keyboard_leads_through_a_long_table(stage: Stage, open_page: OpenPage) -> None:
    """Faster than frames, to rows that are not in the page yet, and never out of sight or under the head."""
    stage.start("names.py")
    page = open_page()
    run_until(stage, page, 400, users=4)
    page.wait("window.acrida.live.state.get().statistics.rows.length === 200")
    stop(stage, page)
    row = "document.activeElement.closest('tr[data-index]')"
    page.at("table-statistics").locator('tr[data-index="0"]').focus()
    for key, index in (("End", 199), ("ArrowUp", 198), ("Home", 0), ("PageDown", 10)):
        page.tab.keyboard.press(key)
        page.wait(f"{row}?.dataset.index === '{index}'")
        box, table = f"{row}.getBoundingClientRect()", f"{row}.closest('table')"
        free = [
            f"{table}.querySelector('{part}').getBoundingClientRect()" for part in ("thead th", "tfoot td")
        ]
        page.wait(f"{box}.top >= {free[0]}.bottom - 1 && {box}.bottom <= {free[1]}.top + 1")
        page.wait(f"{box}.top >= 0 && {box}.bottom <= innerHeight")
    press = f'{row}.dispatchEvent(new KeyboardEvent("keydown", {{ key: "ArrowDown", bubbles: true }}))'
    page.tab.evaluate(f"() => {{ for (let times = 0; times < 5; times += 1) {press}; }}")
    page.wait(f"{row}?.dataset.index === '15'")


def test_ten_pages_show_the_same_run(stage: Stage, open_page: OpenPage) -> None:
    stage.start("shop.py")
    pages = [open_page() for _ in range(10)]
    run_until(stage, pages[0], 30)
    stop(stage, pages[0])
    total = stage.get("/api/v1/runs/current/statistics").json()["total"]
    for page in pages:
        page.wait_state("stopped", 0)
        page.wait(f"window.acrida.live.state.get().statistics.total.requests === {total['requests']}")
        assert page.state("statistics.total.ms") == total["ms"], json.dumps(total)


def test_failures_say_whose_fault_they_are(stage: Stage, open_page: OpenPage) -> None:
    stage.start("shop.py")
    page = open_page()
    run_until(stage, page, 60)
    page.at("tab-failures").click()
    expect(page.at("failures")).to_contain_text("/missing")
    expect(page.at("failures")).to_contain_text("404")
    rows = page.state("failures.rows")
    assert {row["fault"] for row in rows if row["name"] == "/missing"} == {"target"}
    page.at("tab-exceptions").click()
    expect(page.at("exception").first).to_contain_text("the admin does not like it")
