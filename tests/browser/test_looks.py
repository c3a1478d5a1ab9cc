"""How the page looks and reads: pictures of every tab for people, and what can be checked without them."""

from __future__ import annotations

from collections.abc import Callable

from playwright.sync_api import Page as Tab
from playwright.sync_api import expect

from page import Page
from stage import HERE, Stage

OpenPage = Callable[..., Page]
Picture = Callable[[Tab, str], None]
TABS = ("statistics", "charts", "failures", "exceptions", "ratio", "workers", "logs", "download")
PHONE = {"width": 390, "height": 844}

#: Looks for what a keyboard or a screen reader trips over.
FAULTS = (HERE / "faults.js").read_text()


def visit(page: Page, tab: str) -> None:
    """Open a tab."""
    page.at(f"tab-{tab}").click()
    expect(page.at(f"tab-{tab}")).to_have_attribute("aria-selected", "true")
    page.tab.evaluate("() => document.fonts.ready")


def test_every_tab_is_pictured_in_every_look_and_is_accessible(
    stage: Stage, open_page: OpenPage, picture: Picture
) -> None:
    stage.start("shop.py", "--class-picker", workers=2)
    looks = {
        "light": open_page(color_scheme="light"),
        "dark": open_page(color_scheme="dark"),
        "zh": open_page(locale="zh-CN"),
        "phone": open_page(viewport=PHONE, is_mobile=True, has_touch=True),
    }
    for look, page in looks.items():
        expect(page.at("start-submit")).to_be_enabled()
        assert page.tab.evaluate(FAULTS) == [], f"{look}, start"
        picture(page.tab, f"{look}-start")
    stage.begin(6)
    for look, page in looks.items():
        page.wait_requests(100)
        page.wait("window.acrida.live.state.get().series.to_s >= 6")
        for tab in TABS:
            visit(page, tab)
            page.tab.wait_for_function("() => !document.querySelector('main [aria-busy=true]')")
            faults = page.tab.evaluate(FAULTS)
            assert faults == [], f"{look}, {tab}"
            picture(page.tab, f"{look}-{tab}")
            too_wide = page.tab.evaluate("() => document.documentElement.scrollWidth - window.innerWidth")
            assert too_wide <= 0, f"{look}, {tab}: the page scrolls sideways"


def test_the_theme_follows_the_system_and_the_button(stage: Stage, open_page: OpenPage) -> None:
    stage.start("shop.py")
    page = open_page(color_scheme="dark")
    background = (
        "() => getComputedStyle(document.body).backgroundColor.match(/\\d+/g).slice(0, 3).map(Number)"
    )
    dark = page.tab.evaluate(background)
    assert max(dark) < 80, dark
    for _ in range(3):
        page.at("theme").click()
        if page.tab.evaluate("() => document.documentElement.dataset.theme") == "light":
            break
    light = page.tab.evaluate(background)
    assert min(light) > 200, light
    page.reload()
    assert page.tab.evaluate(background) == light


def test_chinese_by_the_browser_or_the_button_leaves_no_english_label(
    stage: Stage, open_page: OpenPage
) -> None:
    stage.start("shop.py")
    page = open_page(locale="zh-CN")
    expect(page.at("start-submit")).to_be_enabled()
    text = page.at("start-submit").inner_text()
    assert any("\u4e00" <= character <= "\u9fff" for character in text), text
    assert page.tab.evaluate("() => document.documentElement.lang").startswith("zh")
    page.at("language").click()
    expect(page.at("start-submit")).not_to_have_text(text)
    page.reload()
    assert page.tab.evaluate("() => document.documentElement.lang") == "en"
