"""The page in a real browser against the release's dashboard, at which people sign on, while a run is live."""

import json
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlencode

import embedded
import pages
import pytest
import signed_on
from pages import PATIENT, listed
from playwright.sync_api import BrowserContext, Locator, Page, expect
from signed_on import Dashboard

pytestmark = pytest.mark.e2e

TRAINER = """
import os, time, wandb
width = int(os.environ["WIDTH"])
run = wandb.init(config={"width": width})
for step in range(6000):
    run.log({"loss": width / (step + 1)})
    if step > 3 and (width == 8 or os.path.exists("/tmp/enough")):
        break
    time.sleep(0.2)
run.finish()
"""
"""Five steps, and for the wider one as many more as come until it is told that it is enough."""


@dataclass(frozen=True)
class Project:
    """A project of this file alone: a run that lives and one that is over."""

    name: str
    live: str
    id: str
    """The live run's, as the page has it."""

    @property
    def filter(self) -> str:
        """The expression that means its runs."""
        return f'project = "{self.name}"'

    @property
    def link(self) -> str:
        """The view of its runs."""
        return f"/runs?{urlencode({'q': self.filter})}"


@pytest.fixture(scope="module")
def project(cluster: str, granted: str) -> Iterator[Project]:
    expect.set_options(timeout=2 * PATIENT)
    name = f"page-{uuid.uuid4().hex[:6]}"
    runs = {f"{name}-live": 16, f"{name}-over": 8}
    for run, width in runs.items():
        embedded.apply(manifest(run, name, width), granted)
    embedded.until("its id", lambda: embedded.status(f"{name}-live", granted).get("runId"))
    place = f"{cluster}/{granted}/{embedded.status(f'{name}-live', granted)['runId']}"
    yield Project(name, f"{name}-live", place)
    embedded.kubectl("delete", "trainingrun", *runs, "-n", granted, "--wait=false")


def manifest(run: str, project: str, width: int) -> dict[str, object]:
    """A TrainingRun of the script."""
    made = embedded.training_run(run, "")
    made["spec"]["project"] = project
    container = made["spec"]["template"]["spec"]["containers"][0]
    container["command"] = ["python3", "-c", TRAINER]
    container["env"].append({"name": "WIDTH", "value": str(width)})
    return made


@pytest.fixture(scope="module")
def dashboard(project: Project, granted: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Dashboard]:
    with signed_on.dashboard(tmp_path_factory.mktemp("provider"), granted) as found:
        yield found


@pytest.fixture(scope="module")
def ada(dashboard: Dashboard) -> Iterator[BrowserContext]:
    """The browser of somebody who may see and change the runs, and has signed on."""
    context, page = dashboard.signed_on("ada")
    expect(page.get_by_text("ada@example.org")).to_be_visible()
    page.close()
    yield context
    context.close()


@pytest.fixture
def page(ada: BrowserContext) -> Iterator[Page]:
    opened = ada.new_page()
    yield opened
    opened.close()


def step(page: Page) -> int:
    """The live run's newest step, as the list says it."""
    told = listed(page).filter(has_text="-live").inner_text()
    return int(told.partition("step ")[2].split()[0].replace(",", ""))


def heartbeat(page: Page) -> Locator:
    """Whether the page hears the server."""
    return page.locator("header").get_by_role("status")


def asked(page: Page, path: str) -> str:
    """What the server answers to this browser."""
    return str(page.evaluate("path => fetch(path).then(answer => answer.text())", path))


def pods() -> list[str]:
    """The dashboard's."""
    words = ("-n", signed_on.NAMESPACE, "-l", "app.kubernetes.io/component=dashboard", "-o", "name")
    return embedded.kubectl("get", "pods", *words).split()


def see_both(page: Page, dashboard: Dashboard, project: Project) -> None:
    page.goto(f"{dashboard.url}{project.link}")
    expect(listed(page)).to_have_count(2)
    expect(listed(page).filter(has_text="-live")).to_contain_text("step")
    expect(page.locator('section[aria-label="loss"] canvas')).to_be_visible()


def test_the_curve_of_a_run_grows_while_it_trains(page: Page, dashboard: Dashboard, project: Project) -> None:
    see_both(page, dashboard, project)
    assert page.evaluate("document.cookie") == ""
    listed_first, drawn_first = step(page), pages.newest(page, "loss")
    embedded.until("the list moves", lambda: step(page) > listed_first, seconds=120)
    embedded.until("the curve grows", lambda: pages.newest(page, "loss") > drawn_first, seconds=120)
    expect(listed(page).filter(has_text="-live")).to_contain_text("running")


def test_a_filter_narrows_and_its_link_shows_the_same_in_a_second_browser(
    page: Page, dashboard: Dashboard, project: Project
) -> None:
    see_both(page, dashboard, project)
    narrow = f"{project.filter} and config.width > 10"
    page.get_by_label("Find runs").fill(narrow)
    expect(listed(page)).to_have_count(1)
    page.get_by_label("Log y").check()
    other, second = dashboard.signed_on("ada", page.url.removeprefix(dashboard.url))
    expect(listed(second)).to_have_count(1)
    expect(listed(second)).to_contain_text(project.live)
    expect(second.get_by_label("Find runs")).to_have_value(narrow)
    expect(second.get_by_label("Log y")).to_be_checked()
    expect(second.locator('section[aria-label="loss"] canvas')).to_be_visible()
    assert second.url == page.url
    other.close()


def test_somebody_without_rights_sees_nothing(dashboard: Dashboard, project: Project) -> None:
    bob, page = dashboard.signed_on("bob", project.link)
    expect(page.get_by_text("bob@example.org")).to_be_visible()
    expect(heartbeat(page)).to_have_text("live")
    expect(page.get_by_text(project.live)).to_have_count(0)
    page.goto(f"{dashboard.url}/runs/{project.id}")
    expect(page.get_by_text("there is no run")).to_be_visible()
    assert json.loads(asked(page, "/api/v1/runs")) == {"runs": [], "total": 0}
    bob.close()


def test_a_report_is_exported_and_draws_without_the_server(
    page: Page, dashboard: Dashboard, project: Project, tmp_path: Path
) -> None:
    text = f"Both.\n\n```chiplog\nruns: {project.filter}\nkeys: loss\n```\n"
    pages.write_report(page, dashboard.url, f"Of {project.name}", text, 1)
    expect(page.locator(".report .panel canvas")).to_have_count(1)
    target = tmp_path / "report.html"
    pages.exported(page, target)
    with pages.opened_alone(dashboard.browser, target) as opened:
        expect(opened.get_by_role("heading", name=f"Of {project.name}")).to_be_visible()
        expect(opened.locator("figure.drawn path.line")).to_have_count(2)


def test_a_stranger_sees_by_a_link_one_run_until_it_is_taken_back(
    page: Page, dashboard: Dashboard, project: Project
) -> None:
    page.goto(f"{dashboard.url}/runs/{project.id}")
    page.get_by_role("button", name="Share").click()
    page.get_by_role("button", name="Make a link").click()
    stranger = dashboard.context()
    guest = stranger.new_page()
    guest.goto(page.get_by_label("Link", exact=True).input_value())
    expect(guest.get_by_role("heading", name=project.live)).to_be_visible()
    guest.goto(f"{dashboard.url}/runs")
    expect(guest).to_have_url(f"{dashboard.url}/runs/{project.id}")
    page.get_by_role("button", name="Take back").click()
    expect(guest.get_by_role("link", name="Sign on")).to_be_visible()
    expect(guest.get_by_text(project.live)).to_have_count(0)
    stranger.close()


def test_a_dashboard_that_is_killed_loses_nothing(
    page: Page, dashboard: Dashboard, project: Project, granted: str
) -> None:
    pages.write_report(page, dashboard.url, f"Before, of {project.name}", "Kept.", 0)
    see_both(page, dashboard, project)
    (before,) = pods()
    embedded.kubectl("delete", before, "-n", signed_on.NAMESPACE, "--grace-period=0", "--force")
    expect(heartbeat(page)).to_have_text("reconnecting …")
    expect(heartbeat(page)).to_have_text("live", timeout=3 * PATIENT)
    assert before not in pods()
    there = step(page)
    embedded.until("the list moves again", lambda: step(page) > there, seconds=120)
    (pod,) = embedded.pods(project.live, granted)
    embedded.kubectl("exec", pod["metadata"]["name"], "-n", granted, "-c", "trainer", "--", "touch", "/tmp/enough")
    embedded.wait_condition(project.live, granted, "Durable")
    expect(listed(page).filter(has_text="-live")).to_contain_text("finished")
    rows = asked(page, f"/api/v1/runs/{project.id}/history").splitlines()
    steps = [json.loads(row)["_step"] for row in rows]
    assert steps == list(range(len(steps)))
    assert len(steps) > there
    assert embedded.status(project.live, granted)["attempts"] == 1
    page.goto(f"{dashboard.url}/reports")
    expect(page.get_by_role("link", name=f"Before, of {project.name}")).to_be_visible()
