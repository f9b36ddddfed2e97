"""What the project's test runs need of pytest beyond pytest itself.

* `REQUIRE_ALL=1` turns every skip into a failure. CI sets it, so that nothing goes untested there unnoticed.
* `--save-results` and `--add-results` let one run count and report the tests of another. The
  contracts are tested under Ape and the rest without it, in two processes; whoever reads the last line shall
  see all of them.
"""

from __future__ import annotations

import json
import os
import time
from collections.abc import Generator
from pathlib import Path
from typing import Any

import pytest
import requests.sessions
from _pytest.terminal import TerminalReporter

REQUIRE_ALL = os.environ.get("REQUIRE_ALL", "") not in ("", "0")


def pytest_addoption(parser: pytest.Parser) -> None:
    """Adds the two options."""
    group = parser.getgroup("results", "results of several runs")
    group.addoption("--save-results", type=Path, metavar="FILE", help="write the reports of this run")
    group.addoption("--add-results", type=Path, metavar="FILE", help="wait for another run's reports and count them")


def pytest_configure(config: pytest.Config) -> None:
    """Starts to record, if asked to."""
    # Chains under test are on this computer; looking for a proxy takes as long as their answer.
    requests.sessions.get_environ_proxies = lambda *_, **__: {}
    if config.getoption("--save-results"):
        config.pluginmanager.register(_Recorder(config), "results-recorder")


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Fails a skipped test where nothing may be skipped; an expected failure stays one."""
    report = yield
    if REQUIRE_ALL and report.skipped and not hasattr(report, "wasxfail"):
        report.outcome = "failed"
        report.longrepr = _refusal(report.longrepr)
    return report


@pytest.hookimpl(wrapper=True)
def pytest_make_collect_report() -> Generator[None, pytest.CollectReport, pytest.CollectReport]:
    """Fails a skipped module where nothing may be skipped."""
    report = yield
    if REQUIRE_ALL and report.skipped:
        report.outcome = "failed"
        report.longrepr = _refusal(report.longrepr)
    return report


def pytest_sessionfinish(session: pytest.Session) -> None:
    """Adds the other run's reports to this one's before the summary is written."""
    path: Path | None = session.config.getoption("--add-results")
    terminal: Any = session.config.pluginmanager.get_plugin("terminalreporter")
    if path is None or not isinstance(terminal, TerminalReporter):
        return
    while not path.exists():
        time.sleep(0.2)
    failed = False
    for data in json.loads(path.read_text(encoding="utf-8")):
        report = session.config.hook.pytest_report_from_serializable(config=session.config, data=data)
        if isinstance(report.longrepr, list):
            report.longrepr = tuple(report.longrepr)  # where a test was skipped; JSON knows no tuples
        category, _, _ = session.config.hook.pytest_report_teststatus(report=report, config=session.config)
        terminal.stats.setdefault(category, []).append(report)
        failed = failed or category in ("failed", "error")
    if failed and session.exitstatus in (pytest.ExitCode.OK, pytest.ExitCode.NO_TESTS_COLLECTED):
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


def _refusal(reason: Any) -> str:
    if isinstance(reason, tuple):
        reason = f"{reason[0]}:{reason[1]}: {reason[2]}"
    return f"Skipped, but REQUIRE_ALL is set: {reason}"


class _Recorder:
    """Keeps what the run reports and writes it at the end."""

    def __init__(self, config: pytest.Config) -> None:
        self._config = config
        self._reports: list[Any] = []

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        # Of the phases around a test only what went wrong, or a skip, shows in the summary.
        if report.when == "call" or not report.passed:
            self._reports.append(self._config.hook.pytest_report_to_serializable(config=self._config, report=report))

    def pytest_sessionfinish(self) -> None:
        path: Path = self._config.getoption("--save-results")
        part = path.with_suffix(".part")
        part.write_text(json.dumps(self._reports, default=str), encoding="utf-8")
        part.rename(path)  # whole, because somebody waits for it
