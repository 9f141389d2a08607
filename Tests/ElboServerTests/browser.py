"""Looks at the dashboard with headless Chromium, by Playwright.

    browser.py ADDRESS FOLDER RUN [OTHER]

Clicks and drags as a person would, and prints one JSON object of what was seen. Pictures go to FOLDER. RUN has two
latents; where it trains meanwhile, its curves are watched growing.
"""

import json
import shutil
import sys
import time

from playwright.sync_api import sync_playwright

address, folder, run, *others = sys.argv[1:]
seen = {"errors": [], "elsewhere": []}


def picture(page):
    return page.evaluate("document.getElementById('decoded').toDataURL()")


def points(page):
    return page.evaluate("Object.values(runs.get(%s).points).flatMap(Object.values).reduce((n, s) => n + s.steps.length, 0)" % json.dumps(run))


with sync_playwright() as playwright:
    browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=["--no-sandbox"])
    page = browser.new_page(viewport={"width": 1280, "height": 900}, color_scheme="light")
    page.on("pageerror", lambda error: seen["errors"].append(str(error)))
    page.on("request", lambda request: None if request.url.startswith((address, "data:", "blob:")) else seen["elsewhere"].append(request.url))
    page.goto(address)
    page.wait_for_selector("#connection[data-state=live]")
    page.wait_for_selector(".uplot canvas")
    seen["charts"] = page.locator(".chart").count()
    seen["runs"] = page.locator("#runs li").count()

    before = points(page)
    page.wait_for_timeout(2500)
    seen["pointsBefore"], seen["pointsAfter"] = before, points(page)

    page.select_option("#explored", run)
    page.wait_for_selector("#plane-part:not([hidden])")
    page.wait_for_function("document.getElementById('place').textContent.includes('decoded')")
    page.locator("#plane").scroll_into_view_if_needed()
    box = page.locator("#plane").bounding_box()
    images, milliseconds = {picture(page)}, []
    for across, up in ((0.3, 0.3), (0.7, 0.35), (0.4, 0.75), (0.5, 0.52)):
        start = page.evaluate("el('place').textContent")
        page.mouse.click(box["x"] + across * box["width"], box["y"] + up * box["height"])
        page.wait_for_function("before => el('place').textContent !== before && el('place').dataset.milliseconds", arg=start)
        page.wait_for_timeout(150)
        images.add(picture(page))
        milliseconds.append(float(page.get_attribute("#place", "data-milliseconds")))
    seen["imagesByClicks"] = len(images)
    seen["clickMilliseconds"] = sorted(milliseconds)
    place = page.inner_text("#place")
    page.focus("#plane")
    for _ in range(4):
        page.keyboard.press("Shift+ArrowRight")
    page.wait_for_timeout(300)
    seen["keysMove"] = page.inner_text("#place") != place
    page.mouse.move(box["x"] + 0.4 * box["width"], box["y"] + 0.4 * box["height"])
    page.mouse.down()
    page.mouse.move(box["x"] + 0.6 * box["width"], box["y"] + 0.45 * box["height"], steps=8)
    page.mouse.up()
    page.wait_for_timeout(300)
    seen["dragged"] = page.evaluate("explorer.z")
    seen["unnamed"] = page.evaluate(
        "[...document.querySelectorAll('button, input, select, canvas[role], [tabindex]')].filter(node => "
        "!(node.getAttribute('aria-label') || node.textContent.trim() || node.labels?.[0]?.textContent.trim())).map(node => node.outerHTML.slice(0, 90))")
    page.screenshot(path=folder + "/light.png", full_page=True)
    page.click("#theme")
    page.wait_for_timeout(400)
    page.screenshot(path=folder + "/dark.png", full_page=True)
    page.set_viewport_size({"width": 390, "height": 844})
    page.click("#theme")
    page.wait_for_timeout(600)
    seen["widthOnPhone"] = page.evaluate("document.documentElement.scrollWidth")
    page.screenshot(path=folder + "/phone.png", full_page=True)
    page.set_viewport_size({"width": 1280, "height": 900})
    for other in others:
        page.select_option("#explored", other)
        page.wait_for_function("name => explorer.entry?.name === name", arg=other)
        page.wait_for_timeout(700)
        page.screenshot(path=f"{folder}/{other}.png", full_page=True)
        if page.locator("#sliders-part:not([hidden])").count():
            before = picture(page)
            page.locator("#sliders input").first.fill("2")
            page.wait_for_timeout(400)
            seen["sliderMoves"] = picture(page) != before
    browser.close()
print(json.dumps(seen))
