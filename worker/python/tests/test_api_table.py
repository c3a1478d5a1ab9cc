"""`docs/python-api.md` against what can be imported, against Locust's own package, and docstrings."""

from __future__ import annotations

import ast
import importlib
import inspect
import pkgutil
import re
from collections import defaultdict
from pathlib import Path

import pytest

import acrida
from acrida import _surface

ROOT = Path(__file__).resolve().parents[3]
# Loggers and type variables of single letters are Locust's own business.
INTERNAL = {"logger", "console_logger", "T", "S"}
# Modules that are not for scripts.
PRIVATE = (
    "acrida.bridge",
    "acrida.debug_main",
    "acrida.inspect_script",
    "acrida.pytest_plugin",
    "acrida.script_host",
    "acrida.worker_main",
    "acrida._",
)


def rows():
    """(module below `locust`, same/better/absent, names) of each row."""
    for line in (ROOT / "docs/python-api.md").read_text().splitlines():
        cells = [cell.strip() for cell in line.split("|")[1:-1]]
        if len(cells) == 4 and cells[0].startswith("`locust"):
            yield cells[0].strip("`").partition(".")[2], cells[1], re.findall(r"`([^`]+)`", cells[2])


def listed():
    names = defaultdict(set)
    for module, _, members in rows():
        names[module] |= set(members)
    return names


def absolute(module):
    return f"locust.{module}" if module else "locust"


def defined_in(source: Path) -> set[str]:
    """Public names that a file of Python defines at its top level, also under conditions."""
    names: set[str] = set()

    def look(body):
        for node in body:
            if isinstance(node, (ast.FunctionDef, ast.ClassDef)):
                names.add(node.name)
            elif isinstance(node, ast.Assign):
                targets = [leaf for t in node.targets for leaf in getattr(t, "elts", [t])]
                names.update(leaf.id for leaf in targets if isinstance(leaf, ast.Name))
            elif isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name):
                names.add(node.target.id)
            elif isinstance(node, (ast.If, ast.Try)):
                look(node.body)
                look(node.orelse)

    look(ast.parse(source.read_text()).body)
    return {name for name in names if not name.startswith("_")} - INTERNAL


def test_what_the_table_promises_can_be_imported():
    promised = [(m, names) for m, status, names in rows() if status in ("same", "better")]
    assert sum(len(names) for _, names in promised) > 150
    for module, names in promised:
        try:
            found = set(dir(importlib.import_module(absolute(module))))
        except ImportError as e:
            assert module.startswith("contrib.") and "pip install" in str(e), module
            found = defined_in(Path(acrida.__file__).parent / f"{module.replace('.', '/')}.py")
        found |= {name for name in names if name not in found and _reachable(module, name)}
        assert set(names) <= found, (module, set(names) - found)


def _reachable(module, name):
    try:
        return hasattr(importlib.import_module(absolute(module)), name)
    except ImportError:
        return False


def test_what_the_table_calls_absent_says_why():
    absent = [(m, name) for m, status, names in rows() if status == "absent" for name in names or [""]]
    assert len(absent) > 80
    for module, name in absent:
        with pytest.raises(ImportError, match=r"is not in Acrida: \w+"):
            exec(f"from {absolute(module)} import {name}" if name else f"import {absolute(module)}")
    told = {(m, n) for m, names in _surface.ABSENT_NAMES.items() for n in names}
    assert told == {(m, n) for m, n in absent if m not in _surface.ABSENT_MODULES}


def test_no_public_name_of_locust_is_forgotten():
    packages = list(ROOT.glob(".venv-locust/lib/python3*/site-packages/locust"))
    if not packages:
        pytest.skip("the real Locust is not installed (make test does that, from Python 3.11)")
    known = listed()
    for source in packages[0].rglob("*.py"):
        path = source.relative_to(packages[0])
        if path.parts[0] in ("test", "webui") or path.name == "_version.py":
            continue
        module = ".".join(path.with_suffix("").parts).removesuffix("__init__").rstrip(".")
        names = defined_in(source) - {"version"}
        assert names - {"version"} <= known[module], (module, names - known[module])
        if not module and (every := re.search(r"__all__ = (\(.*?\))", source.read_text(), re.DOTALL)):
            assert set(ast.literal_eval(every[1])) <= known[""]


def test_setting_what_has_no_effect_warns(caplog):
    import locust.runners
    import locust.stats

    before = locust.stats.CSV_STATS_INTERVAL_SEC
    locust.stats.CSV_STATS_INTERVAL_SEC = 7
    assert locust.stats.CSV_STATS_INTERVAL_SEC == 7
    assert "locust.stats.CSV_STATS_INTERVAL_SEC has no effect" in caplog.text
    locust.stats.CSV_STATS_INTERVAL_SEC = before
    caplog.clear()
    locust.runners.a_name_of_a_script = 1
    assert not caplog.text
    del locust.runners.a_name_of_a_script


def test_a_missing_driver_is_named_with_its_package():
    from acrida.contrib._driver import driver

    with pytest.raises(ImportError, match=r"MqttUser needs the package paho-mqtt .*pip install paho-mqtt"):
        driver("not_there_at_all", "paho-mqtt", "MqttUser")


def public_modules():
    for info in pkgutil.walk_packages(acrida.__path__, "acrida."):
        if not info.name.startswith(PRIVATE) and "._" not in info.name:
            yield info.name


def test_every_public_name_has_a_docstring():
    without = []
    for name in public_modules():
        try:
            module = importlib.import_module(name)
        except ImportError:
            continue  # a driver that is not installed here
        if not module.__doc__:
            without.append(name)
        for key, value in vars(module).items():
            if key.startswith("_") or getattr(value, "__module__", None) != name:
                continue
            if (inspect.isclass(value) or inspect.isfunction(value)) and not value.__doc__:
                without.append(f"{name}.{key}")
            if inspect.isclass(value):
                without += [
                    f"{name}.{key}.{part}"
                    for part, member in vars(value).items()
                    if not part.startswith("_")
                    and getattr(member, "__name__", "") != "<lambda>"
                    and (inspect.isfunction(member) or isinstance(member, property))
                    and not inspect.getdoc(getattr(value, part))
                ]
    assert without == []


def test_each_module_has_a_stub_under_the_name_that_scripts_import():
    """Type checkers read files, and do not see that `locust` is `acrida`."""
    stubs = ROOT / "worker/python/locust"
    for name in public_modules():
        path = stubs / name.partition(".")[2].replace(".", "/")
        found = [p for p in (path.with_suffix(".pyi"), path / "__init__.pyi") if p.exists()]
        if name.partition(".")[2] in listed():
            assert found, f"{path}.pyi is missing"
            assert f"from {name} import *" in found[0].read_text()
