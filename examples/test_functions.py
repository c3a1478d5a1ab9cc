"""Test functions of pytest as users: no User class, each `test_...` function is one.

The same file is a test: `pytest -p acrida.pytest_plugin --host https://shop.example test_functions.py`.
"""

import time

from locust.clients import HttpSession


def test_front_page(session: HttpSession) -> None:
    if not session.base_url:  # neither --host nor the start form has said
        session.base_url = "https://shop.example"
    response = session.get("/")
    response.raise_for_status()  # under load, the function begins anew; under pytest, the test fails
    time.sleep(0.1)
