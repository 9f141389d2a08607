"""A browser by the W3C WebDriver protocol, as chromedriver speaks it: the standard library is enough."""

import base64
import json
import re
import subprocess
import time
import urllib.error
import urllib.request

ELEMENT = "element-6066-11e4-a52e-4f735466cecf"
KEYS = {"Left": "\ue012", "Up": "\ue013", "Right": "\ue014", "Down": "\ue015", "Shift": "\ue008", "Tab": "\ue004",
        "Enter": "\ue007", "Home": "\ue011", "Space": " "}


class Browser:
    def __init__(self, width, height):
        self.driver = subprocess.Popen(
            ["chromedriver", "--port=0"], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
        for line in self.driver.stdout:
            if found := re.search(r"successfully on port (\d+)", line):
                break
        else:
            raise SystemExit("chromedriver did not start")
        self.base = f"http://127.0.0.1:{found[1]}/session"
        self.base += "/" + self.call("POST", "", {"capabilities": {"alwaysMatch": {
            "browserName": "chrome", "goog:loggingPrefs": {"performance": "ALL", "browser": "ALL"},
            "goog:chromeOptions": {"args": [
                "--headless=new", "--no-sandbox", "--disable-gpu", "--hide-scrollbars", "--disable-dev-shm-usage",
                "--disable-background-networking", "--disable-component-update", "--no-first-run",
                f"--window-size={width},{height}"]}}}})["sessionId"]

    def call(self, method, path, body=None):
        request = urllib.request.Request(
            self.base + path, method=method, data=None if body is None else json.dumps(body).encode(),
            headers={"Content-Type": "application/json"})
        try:
            with urllib.request.urlopen(request, timeout=60) as answer:
                return json.load(answer)["value"]
        except urllib.error.HTTPError as error:
            raise RuntimeError(json.load(error)["value"]["message"].splitlines()[0]) from None

    def cdp(self, command, **parameters):
        return self.call("POST", "/goog/cdp/execute", {"cmd": command, "params": parameters})

    def open(self, address):
        self.call("POST", "/url", {"url": address})

    def run(self, script, *arguments):
        return self.call("POST", "/execute/sync", {"script": script, "args": list(arguments)})

    def until(self, expression, seconds=20, *arguments):
        """Waits until an expression of the page is true."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            if self.run(f"return !!({expression})", *arguments):
                return
            time.sleep(0.05)
        raise SystemExit(f"did not come true within {seconds} s: {expression}")

    def actions(self, *sources):
        self.call("POST", "/actions", {"actions": list(sources)})

    def element(self, selector):
        return self.call("POST", "/element", {"using": "css selector", "value": selector})

    def show(self, selector):
        self.run("document.querySelector(arguments[0]).scrollIntoView({block: 'center', behavior: 'instant'})", selector)

    def box(self, selector):
        """Where an element is in the window, once scrolled into view."""
        self.show(selector)
        return self.run("const b = document.querySelector(arguments[0]).getBoundingClientRect();"
                        "return [b.left, b.top, b.width, b.height]", selector)

    def point(self, selector, places, kind="mouse"):
        """Presses at the first place, moves over the others, and lets go; places are fractions of an element."""
        left, top, width, height = self.box(selector)
        spots = [{"x": round(left + x * width), "y": round(top + y * height)} for x, y in places]
        move = lambda spot, time: {"type": "pointerMove", "duration": time, "origin": "viewport", **spot}
        steps = [move(spots[0], 0), {"type": "pointerDown", "button": 0}]
        steps += [move(spot, 60) for spot in spots[1:]] + [{"type": "pointerUp", "button": 0}]
        self.actions({"type": "pointer", "id": kind, "parameters": {"pointerType": kind}, "actions": steps})

    def click(self, selector):
        self.point(selector, [(0.5, 0.5)])

    def press(self, *names, shift=False):
        steps = [{"type": "keyDown", "value": KEYS["Shift"]}] if shift else []
        for name in names:
            steps += [{"type": kind, "value": KEYS[name]} for kind in ("keyDown", "keyUp")]
        steps += [{"type": "keyUp", "value": KEYS["Shift"]}] if shift else []
        self.actions({"type": "key", "id": "keys", "actions": steps})

    def screen(self, width, height, phone=False):
        self.cdp("Emulation.setDeviceMetricsOverride", width=width, height=height,
                 deviceScaleFactor=2 if phone else 1, mobile=phone)

    def scheme(self, name):
        self.cdp("Emulation.setEmulatedMedia", features=[{"name": "prefers-color-scheme", "value": name}])

    def picture(self, path, selector=None):
        """A picture of the whole page, or of one element."""
        self.run("scrollTo({top: 0, behavior: 'instant'})")
        size = self.cdp("Page.getLayoutMetrics")["cssContentSize"]
        clip = {"x": 0, "y": 0, "width": size["width"], "height": size["height"], "scale": 1}
        if selector:
            left, top, width, height = self.run(
                "const b = document.querySelector(arguments[0]).getBoundingClientRect();"
                "return [b.left + scrollX, b.top + scrollY, b.width, b.height]", selector)
            clip.update(x=left, y=top, width=width, height=height)
        data = self.cdp("Page.captureScreenshot", format="png", captureBeyondViewport=True, clip=clip)["data"]
        with open(path, "wb") as file:
            file.write(base64.b64decode(data))

    def requests(self):
        """The addresses that the page asked for since the last time."""
        log = self.call("POST", "/se/log", {"type": "performance"})
        messages = [json.loads(entry["message"])["message"] for entry in log]
        return [message["params"]["request"]["url"] for message in messages
                if message["method"] == "Network.requestWillBeSent"]

    def complaints(self):
        """What the page's scripts complained of since the last time."""
        return [entry["message"] for entry in self.call("POST", "/se/log", {"type": "browser"})
                if entry["level"] in ("WARNING", "SEVERE")]

    def close(self):
        try:
            self.call("DELETE", "")
        finally:
            # Where the tests' own process ignores SIGTERM, so does what it starts.
            self.driver.kill()
            self.driver.wait()
