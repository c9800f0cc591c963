"""Finds a Chromium for the tests, installs one where it can, and says so where it cannot.

python -m tests.browser
"""

import os
import shutil
import subprocess
import sys
from pathlib import Path

NAMES = (
    "chromium",
    "chromium-browser",
    "google-chrome",
    "google-chrome-stable",
    "chrome",
    "msedge",
)
APPLICATIONS = (
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
    "/Applications/Chromium.app/Contents/MacOS/Chromium",
    r"C:\Program Files\Google\Chrome\Application\chrome.exe",
    r"C:\Program Files (x86)\Microsoft\Edge\Application\msedge.exe",
)
INSTALLERS = (
    ["apt-get", "install", "--yes", "--quiet", "chromium"],
    [sys.executable, "-m", "playwright", "install", "chromium"],
)


FLAGS = [
    *("--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"),
    *("--disable-background-networking", "--disable-component-update", "--disable-sync"),
]


def find() -> Path | None:
    """A browser on this machine: the system's, else the one that Playwright installed."""
    for name in NAMES:
        if found := shutil.which(name):
            return Path(found)
    for application in APPLICATIONS:
        if Path(application).is_file():
            return Path(application)
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        own = Path(playwright.chromium.executable_path)
    return own if own.is_file() else None


def install() -> Path | None:
    """Try the system's browser, as root on Debian and its kin, then Playwright's own."""
    for command in INSTALLERS:
        if command[0] == "apt-get":
            if not shutil.which("apt-get") or os.geteuid() != 0:
                continue
            subprocess.run(["apt-get", "update", "--quiet"], check=False, timeout=300)
        print("Installing a browser for the tests:", " ".join(command), flush=True)
        try:
            subprocess.run(command, check=False, timeout=600)
        except subprocess.TimeoutExpired:
            continue
        if found := find():
            return found
    return None


def main() -> None:
    found = find() or install()
    if found is None:
        sys.exit(
            "The tests drive a real browser, and none was found or could be installed.\n"
            "Install Chromium or Google Chrome and run make test again."
        )
    print("Browser for the tests:", found)


if __name__ == "__main__":
    main()
