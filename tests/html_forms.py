"""What a browser sends back from a form of a page, without anything being typed."""

from html.parser import HTMLParser


class _Sent(HTMLParser):
    def __init__(self, of):
        super().__init__()
        self.of, self.is_in, self.found = of, False, {}
        self.select = self.area = None

    def handle_starttag(self, tag, attrs):
        said = dict(attrs)
        if tag == "form":
            self.is_in = said.get("class") == self.of
        if not self.is_in or (tag != "option" and not said.get("name")):
            return
        if tag == "input" and (said.get("type") != "checkbox" or "checked" in said):
            self.found.setdefault(said["name"], []).append(said.get("value") or "")
        elif tag == "select":
            self.select = said["name"]
            self.found[self.select] = [""]
        elif tag == "option" and "selected" in said:
            self.found[self.select] = [said["value"]]
        elif tag == "textarea":
            self.area = said["name"]
            self.found[self.area] = [""]

    def handle_endtag(self, tag):
        if tag == "textarea":
            self.area = None
        elif tag == "form":
            self.is_in = False

    def handle_data(self, data):
        if self.is_in and self.area:
            self.found[self.area][0] += data


def sent(page, of):
    """By name, what the form of the class ``of`` holds; buttons are not pressed."""
    reader = _Sent(of)
    reader.feed(page)
    found = {name: said for name, said in reader.found.items() if name != "csrfmiddlewaretoken"}
    return {
        name: [one.removeprefix("\n") if name in ("base", "body") else one for one in said]
        for name, said in found.items()
    }
