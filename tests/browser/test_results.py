"""What is kept of runs: downloads, the report as a file, the history, runs compared."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable
from pathlib import Path

from playwright.sync_api import Browser, expect
from playwright.sync_api import Page as Tab

from page import Page, digits
from stage import Json, Stage

OpenPage = Callable[..., Page]
Picture = Callable[[Tab, str], None]


def one_run(stage: Stage, page: Page, users: int = 3) -> Json:
    """Let a run come and go; the total of its statistics."""
    stage.begin(users)
    page.wait_state("running", users)
    page.wait_requests(60)
    stage.end()
    page.wait_state("stopped", 0)
    return stage.get("/api/v1/runs/current/statistics").json()["total"]


def download(page: Page, testid: str, folder: Path) -> Path:
    """Press a download link; where the file is."""
    with page.tab.expect_download() as arriving:
        page.at(testid).click()
    path = folder / arriving.value.suggested_filename
    arriving.value.save_as(path)
    return path


def rows_of(text: str) -> list[dict[str, str]]:
    """Read a CSV file of requests; the last row is the total."""
    return list(csv.DictReader(io.StringIO(text)))


def test_the_downloads_have_the_runs_figures(stage: Stage, open_page: OpenPage, tmp_path: Path) -> None:
    stage.start("shop.py")
    page = open_page()
    total = one_run(stage, page)
    page.at("tab-download").click()
    requests = rows_of(download(page, "download-csv-requests", tmp_path).read_text())[-1]
    assert int(requests["Request Count"]) == total["requests"]
    assert int(requests["Failure Count"]) == total["failures"]
    record = json.loads(download(page, "download-json", tmp_path).read_text())
    assert record["statistics"]["total"]["requests"] == total["requests"]


def test_the_report_is_read_from_disk_without_a_network(
    stage: Stage, open_page: OpenPage, browser: Browser, tmp_path: Path, picture: Picture
) -> None:
    stage.start("shop.py")
    page = open_page()
    one_run(stage, page)
    page.at("tab-download").click()
    report = download(page, "download-html", tmp_path)
    rows = rows_of(stage.get("/stats/requests/csv").body.decode())
    assert len(rows) > 3

    context = browser.new_context(offline=True)
    complaints: list[str] = []
    strangers: list[str] = []
    tab = context.new_page()
    tab.on("pageerror", lambda error: complaints.append(str(error)))
    tab.on("console", lambda message: complaints.append(message.text) if message.type == "error" else None)
    tab.on("request", lambda request: strangers.append(request.url))
    tab.goto(report.as_uri())
    for expected in rows:
        row = tab.get_by_test_id(f"row-{expected['Type']}-{expected['Name']}")
        expect(row).to_be_visible()
        for column, name in (("requests", "Request Count"), ("failures", "Failure Count")):
            shown = digits(row.locator(f"[data-col={column}]"))
            assert shown == expected[name], (expected["Name"], column)
    for part in ("exception", "ratio-per-class", "ratio-total", "workers"):
        expect(tab.get_by_test_id(part)).to_be_visible()
    seconds = tab.evaluate("() => window.acrida.source.state.get().series.to_s")
    expect(tab.get_by_test_id("charts-span")).to_have_text(f"0:00\N{EN DASH}0:{seconds:02}")
    picture(tab, "light-report")
    tab.get_by_test_id("theme").select_option("dark")
    picture(tab, "dark-report")
    expect(tab.get_by_test_id("diagnosis-whole")).to_have_count(0)
    tab.get_by_test_id("zoom-in").click()
    expect(tab.get_by_test_id("window-banner").first).to_be_visible()
    expect(tab.get_by_test_id("diagnosis-whole")).to_be_visible()
    tab.emulate_media(media="print")
    expect(tab.locator(".traceback")).to_be_visible()
    context.close()
    assert complaints == []
    assert [url for url in strangers if not url.startswith(("file:", "data:", "blob:"))] == []


#: What the charts show, one text for each.
PAINTED = "() => [...document.querySelectorAll('.uplot canvas')].map((canvas) => canvas.toDataURL())"
#: How much wider they stand than their place.
OVERHANGS = """() => [...document.querySelectorAll('.uplot canvas')].map(
  (canvas) => canvas.getBoundingClientRect().width - canvas.closest('.chart-plot').clientWidth)"""


def test_a_long_dark_report_is_printed_whole_and_in_light_colours(
    stage: Stage, open_page: OpenPage, browser: Browser, tmp_path: Path
) -> None:
    stage.start("names.py")
    page = open_page()
    stage.begin(4)
    page.wait("window.acrida.live.state.get().statistics?.rows.length === 200")
    stage.end()
    page.wait_state("stopped", 0)
    page.at("tab-download").click()
    context = browser.new_context(offline=True)
    tab = context.new_page()
    tab.goto(download(page, "download-html", tmp_path).as_uri())
    expect(tab.get_by_test_id("chart-heatmap")).to_be_visible()
    rows = tab.get_by_test_id("table-statistics").locator("tr[data-index]")
    expect(rows.nth(0)).to_be_visible()
    look = "document.querySelectorAll('[data-testid=table-statistics] tr[data-index]').length"
    tab.evaluate(
        f"""() => addEventListener("beforeprint", (event) => {{
          window.paper = event.isTrusted && [{look}, ({PAINTED})()];
        }})"""
    )

    def printed(act: Callable[[], object]) -> list[str]:
        tab.evaluate("() => { window.paper = null; }")
        act()
        tab.wait_for_function("() => window.paper")
        count, painted = tab.evaluate("() => window.paper")
        assert count == 200
        charts: list[str] = painted
        return charts

    light = printed(tab.pdf)
    assert len(light) == 5
    tab.get_by_test_id("theme").select_option("dark")
    assert printed(tab.pdf) == light
    tab.wait_for_function(f"() => {look} < 100")
    shown = tab.evaluate(PAINTED)
    assert all(dark != paper for dark, paper in zip(shown, light, strict=True))
    expect(tab.locator("html")).to_have_attribute("data-theme", "dark")
    tab.emulate_media(media="print")
    tab.evaluate("() => dispatchEvent(new Event('beforeprint'))")
    assert tab.evaluate(OVERHANGS) == [0] * 5
    tab.emulate_media(media="screen")
    tab.evaluate("() => dispatchEvent(new Event('afterprint'))")
    # Last, since a browser without a screen never says that it has printed.
    assert printed(tab.get_by_test_id("print").click) == light
    context.close()


def test_two_runs_are_found_in_the_history_and_compared(
    stage: Stage, open_page: OpenPage, picture: Picture
) -> None:
    stage.start("shop.py")
    page = open_page()
    totals = [one_run(stage, page, users) for users in (2, 4)]
    page.at("nav-history").click()
    runs = stage.get("/api/v1/runs").json()["runs"]
    assert [run["requests"] for run in runs] == [total["requests"] for total in reversed(totals)]
    for run in runs:
        page.at(f"choose-{run['id']}").check()
    picture(page.tab, "light-history")
    page.at("compare").click()
    for run in runs:
        expect(page.at(f"compared-{run['id']}")).to_be_visible()
    expect(page.at("compare-table")).to_contain_text("/echo")
    page.tab.wait_for_function("() => !document.querySelector('main [aria-busy=true]')")
    picture(page.tab, "light-compare")
