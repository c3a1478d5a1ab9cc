"""The project's goals that a run of the bench can judge: the worst figures that are still good enough."""

from __future__ import annotations

from measures import Row

OF_WRK = 0.45
OF_LOCUST = 8.0
USUAL_OF_LOCUST = 6.0
EMPTY_OF_LOCUST = 1.0
P99_MS = 50.0
BYTES_PER_USER = 25_000
START_UP_S = 0.5
PAGE_CORE_SHARE = 0.05
PAGE_BYTES = 250_000
PAGE_PAINT_MS = 300.0
LOST_FRAMES_SHARE = 0.01


def judge(results: dict[str, Row]) -> list[tuple[str, bool]]:
    """What each goal is, and whether it was reached; goals without figures are left out."""
    fast = results.get("throughput acrida FastHttpUser", {})
    connected = results.get("connected acrida 10 000 users", {})
    exact = results.get("exact acrida 1 000 000 requests", {})
    start_up = results.get("start-up acrida worker", {})
    judged = []
    if "of_wrk" in fast:
        judged.append((f"requests per CPU-second at least {OF_WRK} of wrk's", fast["of_wrk"] >= OF_WRK))
    if "of_locust_fast" in fast:
        text = f"and at least {OF_LOCUST} times Locust FastHttpUser's"
        judged.append((text, fast["of_locust_fast"] >= OF_LOCUST))
    usual = _ratio(results, "usual acrida", "usual locust", "req_per_cpu_s")
    if usual is not None:
        text = f"the usual file at least {USUAL_OF_LOCUST} times Locust's requests per CPU-second"
        judged.append((f"{text} ({usual:.1f})", usual >= USUAL_OF_LOCUST))
    empty = _ratio(results, "empty tasks acrida", "empty tasks locust", "iterations_per_s")
    if empty is not None:
        text = "empty tasks at least as fast as Locust's"
        judged.append((f"{text} ({empty:.1f} times)", empty >= EMPTY_OF_LOCUST))
    if "median_s" in start_up:
        text = f"a worker starts within {START_UP_S} s"
        judged.append((f"{text} ({start_up['median_s']:.2f})", start_up["median_s"] <= START_UP_S))
    if "p99_ms" in connected:
        judged.append(("10 000 connected users without an error", connected["failures"] == 0))
        judged.append((f"their p99 under {P99_MS:.0f} ms", connected["p99_ms"] < P99_MS))
        text = f"their memory at most {BYTES_PER_USER} bytes a user"
        judged.append((text, connected["bytes_per_user"] <= BYTES_PER_USER))
    if "equal" in exact:
        judged.append(("a million requests counted exactly", bool(exact["equal"])))
    return judged + _of_page(results)


def _of_page(results: dict[str, Row]) -> list[tuple[str, bool]]:
    judged = []
    for name, key, most, text in (
        ("page live feed", "core_share", PAGE_CORE_SHARE, "the master's share of a core with ten live pages"),
        ("page weight", "bytes", PAGE_BYTES, "bytes of the page"),
        ("page first paint", "first_paint_ms", PAGE_PAINT_MS, "milliseconds to the first paint"),
        ("page frames, 2 h, 500 names", "lost_share", LOST_FRAMES_SHARE, "share of the page's frames lost"),
    ):
        figure = results.get(name, {}).get(key)
        if figure is not None:
            judged.append((f"{text} at most {most:g} ({figure:.3g})", figure <= most))
    return judged


def _ratio(results: dict[str, Row], ours: str, theirs: str, key: str) -> float | None:
    mine, other = results.get(ours, {}).get(key), results.get(theirs, {}).get(key)
    return mine / other if mine and other else None
