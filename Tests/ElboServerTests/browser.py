"""Looks at the dashboard with headless Chromium.

    browser.py ADDRESS FOLDER

Clicks, drags and presses keys as a person would, and prints one JSON object of what was seen. Pictures go to FOLDER. The
server has the runs 'live', which trains, 'plain', 'four', which has four latent units, and 'large', which has pictures of
112 x 112 pixels.
"""

import json
import sys
import time

from webdriver import Browser

address, folder = sys.argv[1:]
seen = {}
browser = Browser(1280, 900)


def decoded():
    return browser.run("return el('decoded').toDataURL()")


def place():
    return browser.run("return el('place').dataset.z")


def changes(before, what, seconds=5):
    """Whether something is another within a while."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if what() != before:
            return True
        time.sleep(0.05)
    return False


def points(run):
    return browser.run("return Object.values(runs.get(arguments[0]).points).flatMap(Object.values)"
                       ".reduce((sum, one) => sum + one.steps.length, 0)", run)


def explore(run):
    browser.run("el('explored').value = arguments[0]; el('explored').dispatchEvent(new Event('change'))", run)
    browser.until("explorer.entry?.name === arguments[0] && !!el('place').dataset.z", 20, run)
    time.sleep(0.5)


try:
    browser.screen(1280, 900)
    browser.scheme("light")
    browser.open(address)
    browser.until("el('connection').dataset.state === 'live'")
    browser.until("document.querySelectorAll('.chart canvas').length > 3 && runs.get('live').model")
    seen["charts"] = browser.run("return document.querySelectorAll('.chart').length")
    seen["runs"] = browser.run("return document.querySelectorAll('#runs li').length")

    # Curves grow while the run trains; two runs stand in one chart.
    seen["pointsBefore"] = points("live")
    time.sleep(2)
    seen["pointsAfter"] = points("live")
    seen["linesOfTwoRuns"] = browser.run(
        "return charts.get('elbo').lines.filter(one => one.phase === 'train').length")
    browser.until("document.querySelectorAll('.pictures').length === 4")
    # A heading stands once all pictures of a run are there.
    browser.until("[...document.querySelectorAll('.pictures h3')].every(one => one.textContent)")

    # Clicks on the latent plane, each another image.
    explore("plain")
    images = {decoded()}
    for across, up in ((0.4, 0.3), (0.7, 0.35), (0.45, 0.7), (0.6, 0.5)):
        before = place()
        browser.point("#plane .u-over", [(across, up)])
        if not changes(before, place):
            sys.exit("a click on the plane did nothing")
        time.sleep(0.1)
        images.add(decoded())
    seen["imagesByClicks"] = len(images)
    seen["clickedTo"] = browser.run("return explorer.z")
    before = place()
    browser.press("Right", "Right", "Up", shift=True)
    seen["keysMove"] = changes(before, place)
    before = place()
    browser.point("#plane .u-over", [(0.3, 0.6), (0.4, 0.5), (0.5, 0.55), (0.52, 0.45)])
    seen["dragMoves"] = changes(before, place)
    before = place()
    browser.point("#plane .u-over", [(0.6, 0.6), (0.65, 0.4)], kind="touch")
    seen["touchMoves"] = changes(before, place)
    before = place()
    browser.click("#way")
    seen["wayMoves"] = changes(before, place)
    browser.click("#images-label")
    browser.until("plane.images")
    time.sleep(0.3)
    browser.picture(folder + "/plane-images.png", "#explorer")
    browser.click("#images-label")
    browser.until("!plane.images")
    seen["unnamed"] = browser.run(
        "return [...document.querySelectorAll('button, input, select, canvas[role], [tabindex]')].filter(node => "
        "!(node.getAttribute('aria-label') || node.textContent.trim() || node.labels?.[0]?.textContent.trim()))"
        ".map(node => node.outerHTML.slice(0, 90))")
    browser.picture(folder + "/light.png")

    browser.click("#theme")
    seen["isDark"] = browser.run("return isDark()")
    time.sleep(0.4)
    browser.picture(folder + "/dark.png")
    browser.click("#theme")

    # Sliders, for a model of more units.
    explore("four")
    before = decoded()
    browser.show("#sliders input")
    browser.run("document.querySelector('#sliders input').focus()")
    browser.press(*["Right"] * 3)
    browser.press("Home")
    seen["sliderMoves"] = changes(before, decoded)
    time.sleep(0.4)
    browser.picture(folder + "/sliders.png", "#explorer")

    # As on a phone.
    browser.screen(390, 844, phone=True)
    explore("plain")
    time.sleep(0.6)
    seen["widthOnPhone"] = browser.run("return document.documentElement.scrollWidth")
    browser.picture(folder + "/phone.png")

    seen["elsewhere"] = [url for url in browser.requests() if not url.startswith((address, "data:", "blob:"))]
    seen["complaints"] = browser.complaints()
    print(json.dumps(seen))
finally:
    browser.close()
