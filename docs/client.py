"""A client of the API in the standard library alone; docs/api.md explains it.

SERVIMAGE_TOKEN=... python docs/client.py https://label.example.org PROJECT
"""

import json
import os
import shutil
import sys
import time
import urllib.request
import uuid


class Client:
    """Asks the site at `site` with `token`; raises urllib.error.HTTPError for a refusal, whose body says `code` and `message`."""

    def __init__(self, site, token, project):
        self.site, self.token, self.base = site.rstrip("/"), token, f"/api/v1/projects/{project}/"

    def open(self, path, body=None):
        """The response to a GET, or to a POST of `body`; `path` is one of the project, or an address that a reply named."""
        address, data = self.site + (path if path.startswith("/") else self.base + path), body and json.dumps(body).encode()
        headers = {"Authorization": f"Bearer {self.token}", "Content-Type": "application/json"}
        return urllib.request.urlopen(urllib.request.Request(address, data, headers))

    def ask(self, path, body=None):
        """What a JSON address answers."""
        with self.open(path, body) as response:
            return json.load(response)

    def label(self, decide):
        """Answer what there is to answer by `decide(card, picture) -> (verdict, reasons)`; returns how many answers counted."""
        counted = 0
        while cards := self.ask("cards/take/", {"ahead": False})["cards"]:
            with self.open(cards[0]["candidate"]["screen"]) as picture:
                verdict, reasons = decide(cards[0], picture.read())
            # A write that is sent again must carry the same key: then it is stored once.
            body = {"key": str(uuid.uuid4()), "answer": verdict, "reasons": reasons}
            counted += self.ask(f"assignments/{cards[0]['assignment']}/answer/", body)["kind"] == "submitted"
        return counted

    def export(self, chosen, path):
        """Export the labels in the format `chosen` to the file `path`; returns what the export says of itself."""
        job = self.ask("exports/", {"format": chosen})
        while job["state"] in ("queued", "running"):
            time.sleep(1)
            job = self.ask(f"jobs/{job['id']}/")
        with self.open(f"exports/{job['export']}/data/") as response, open(path, "wb") as file:
            shutil.copyfileobj(response, file)
        return self.ask(f"exports/{job['export']}/")


if __name__ == "__main__":
    print(Client(sys.argv[1], os.environ["SERVIMAGE_TOKEN"], sys.argv[2]).export("full", f"{sys.argv[2]}.jsonl"))
