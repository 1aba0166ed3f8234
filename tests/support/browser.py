"""A browser without a screen: it follows redirects, keeps cookies, and signs on where a provider asks for it."""

from dataclasses import dataclass, field
from urllib.parse import urljoin

import requests

MAX_STEPS = 12


@dataclass
class Browser:
    """One person's browser."""

    session: requests.Session = field(default_factory=requests.Session)
    visited: list[str] = field(default_factory=list)
    """Every address that it was sent to."""

    def follow(self, url: str, until: str = "\n") -> requests.Response:
        """Go somewhere and wherever that leads, but not to an address that holds `until`."""
        self.visited.append(url)
        answer = self.session.get(url, allow_redirects=False, timeout=20)
        for _ in range(MAX_STEPS):
            if not answer.is_redirect:
                break
            target = urljoin(answer.url, answer.headers["location"])
            if until in target:
                break
            self.visited.append(target)
            answer = self.session.get(target, allow_redirects=False, timeout=20)
        return answer

    def sign_on(self, url: str, name: str, password: str, until: str = "\n") -> requests.Response:
        """Go where one has to sign on, and fill in Canaille's forms."""
        form = self.follow(url)
        asked = self.session.post(form.url, data={"login": name}, timeout=20)
        answer = self.session.post(asked.url, data={"password": password}, allow_redirects=False, timeout=20)
        return self.follow(urljoin(answer.url, answer.headers["location"]), until)
