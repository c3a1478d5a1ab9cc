"""The start form: classes, shapes, the script's own arguments, and values that make no sense."""

from __future__ import annotations

from collections.abc import Callable

from playwright.sync_api import expect

from page import Page
from stage import Stage

OpenPage = Callable[..., Page]


def test_only_the_chosen_classes_run_with_the_weights_of_the_form(stage: Stage, open_page: OpenPage) -> None:
    stage.start("shop.py", "--class-picker")
    page = open_page()
    expect(page.at("class-Reader-weight")).to_have_value("3")
    page.at("class-Admin").uncheck()
    page.at("class-Reader-weight").fill("1")
    page.at("class-Writer-weight").fill("4")
    page.at("start-users").fill("5")
    page.at("start-spawn-rate").fill("100")
    page.at("start-submit").click()
    page.wait_state("running", 5)
    # A class that was left out may be told with no users.
    counts = {name: users for name, users in page.state("status.user_classes_count").items() if users}
    assert counts == {"Reader": 1, "Writer": 4}


def test_a_shape_is_chosen_on_the_form(stage: Stage, open_page: OpenPage) -> None:
    stage.start("shape.py", "--class-picker")
    page = open_page()
    page.at("start-shape").select_option("Stairs")
    expect(page.at("start-users")).to_be_disabled()
    page.at("start-submit").click()
    page.wait("window.acrida.live.state.get().status.users >= 2")
    assert page.state("status.shape_class") == "Stairs"


def test_the_scripts_arguments_reach_its_tasks_and_secrets_stay_secret(
    stage: Stage, open_page: OpenPage
) -> None:
    stage.start("options.py")
    page = open_page()
    expect(page.at("option-password")).to_have_attribute("type", "password")
    page.at("option-colour").select_option("green")
    page.at("option-deep").check()
    page.at("option-depth").fill("8")
    page.at("option-password").fill("s3cret-7")
    page.at("start-users").fill("1")
    page.at("start-submit").click()
    page.wait_requests(3)
    expect(page.at("row-GET-green True 8 8")).to_be_visible()
    assert "s3cret-7" not in page.tab.content()
    for path in ("/api/v1/status", "/api/v1/runs/current", "/api/v1/form"):
        assert b"s3cret-7" not in stage.get(path).body, path


#: Values that make no sense, and the field that they belong to.
NONSENSE = (
    ("users", "-3"), ("users", "many"), ("spawn_rate", "0"), ("run_time", "soon"), ("host", "no scheme"),
)  # fmt: skip


def test_a_value_that_makes_no_sense_is_named_at_its_field_and_nothing_is_lost(
    stage: Stage, open_page: OpenPage
) -> None:
    stage.start("shop.py")
    sense = {"users": "3", "spawn_rate": "2", "run_time": "1m", "host": "http://127.0.0.1:9"}
    for field, value in NONSENSE:
        page = open_page()
        page.expected.extend(("400", "422"))
        values = sense | {field: value}
        for name, text in values.items():
            page.at(f"start-{name.replace('_', '-')}").fill(text)
        page.at("start-submit").click()
        expect(page.at(f"error-{field}")).to_be_visible()
        for name, text in values.items():
            expect(page.at(f"start-{name.replace('_', '-')}")).to_have_value(text)
        for other in sense.keys() - {field}:
            expect(page.at(f"error-{other}")).to_have_count(0)
        assert stage.status()["state"] == "ready", (field, value)


def test_a_host_without_scheme_is_mended_by_one_click(stage: Stage, open_page: OpenPage) -> None:
    stage.start("shop.py")
    page = open_page()
    host = stage.target_url.removeprefix("http://")
    page.at("start-host").fill(host)
    page.at("start-users").focus()
    page.at("host-fix").click()
    expect(page.at("start-host")).to_have_value(f"http://{host}")
