"""A visitor opens the sandbox in a browser, types /sora, and watches the video.

Skipped with a word where Chromium is missing. SCREENSHOT=path in the environment keeps the picture (`tests/browser/page.png`).
"""

import asyncio
import os
import re
import shutil
import signal
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from playwright.async_api import Page, async_playwright, expect

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
PROMPT = "A paper boat sails down a rainy street, soft evening light"

pytestmark = [
    pytest.mark.skipif(CHROMIUM is None, reason="Chromium is not installed: apt-get install chromium"),
    pytest.mark.timeout(300),
    pytest.mark.long,
]


@pytest.fixture
async def address(tmp_path: Path) -> AsyncIterator[str]:
    """The one address that `sora-bot sandbox` prints; the process ends with 0 on SIGTERM and leaves nothing behind."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "bot", "sandbox", "--seconds", "1"),
        cwd=tmp_path,
        stdout=asyncio.subprocess.PIPE,
        env={**os.environ, "TMPDIR": str(tmp_path)},
    )
    assert process.stdout is not None
    try:
        async with asyncio.timeout(90):
            line = (await process.stdout.readline()).decode()
        found = re.search(r"http://127\.0\.0\.1:\d+/", line)
        assert found, line
        yield found[0]
        process.send_signal(signal.SIGTERM)
        async with asyncio.timeout(60):
            rest = await process.stdout.read()
            assert (await process.wait(), rest) == (0, b"")
        assert not await asyncio.to_thread(lambda: list(tmp_path.iterdir()))
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()


@pytest.fixture
async def page() -> AsyncIterator[Page]:
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        context = await browser.new_context(bypass_csp=True, viewport={"width": 1280, "height": 900})
        yield await context.new_page()
        await browser.close()


async def test_a_member_types_sora_and_watches_the_video(address: str, page: Page, tmp_path: Path) -> None:
    await page.goto(address)
    channel = await page.get_by_role("link", name="videos").get_attribute("href")
    assert channel is not None
    await page.goto(channel)

    composer = page.locator("#channel-composer-input")
    await composer.click()
    await composer.press_sequentially("/sora")
    await page.get_by_role("option", name="/sora").first.click()
    prompt = page.get_by_label("prompt, required")
    await prompt.fill(PROMPT)
    await expect(prompt).to_have_value(PROMPT)
    for _ in range(5):  # quicker than any person: the page may not have taken in the prompt yet
        await prompt.press("Enter")
        try:
            await expect(prompt).to_be_hidden(timeout=4_000)
            break
        except AssertionError:
            continue

    video = page.locator("video")
    await expect(video).to_be_visible(timeout=90_000)
    await page.wait_for_function("document.querySelector('video').readyState >= 3", timeout=60_000)
    played = await video.evaluate(
        "async (v) => { v.muted = true; await v.play(); await new Promise((r) => setTimeout(r, 1200)); return v.currentTime }"
    )
    assert played > 0.5
    assert await video.evaluate("(v) => [v.videoWidth, v.videoHeight, Math.round(v.duration)]") == [640, 360, 4]
    await expect(page.get_by_text("Done", exact=False).first).to_be_visible(timeout=60_000)
    await page.screenshot(path=os.environ.get("SCREENSHOT") or tmp_path.with_suffix(".png"))
