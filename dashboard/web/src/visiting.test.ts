import { expect, test } from "vitest";
import { leadsOn } from "./visiting";

const PATHS = ["/", "/runs", "/runs/prod/team/x", "/compare", "/sweeps", "/sweeps/prod/team/s", "/lines", "/lines/prod/team/l", "/reports", "/reports/new", "/reports/prod/team/r"];

test.each([
  ["run", "/runs/prod/team/x", ["/runs/prod/team/x"]],
  ["project", "/runs", ["/runs", "/runs/prod/team/x", "/compare"]],
  ["view", "/runs?q=config.lr+%3D+1&view=table", ["/runs", "/runs/prod/team/x", "/compare"]],
  ["compare", "/compare?ids=prod%2Fteam%2Fx", ["/runs/prod/team/x", "/compare"]],
  ["sweep", "/sweeps/prod/team/s", ["/runs/prod/team/x", "/sweeps/prod/team/s"]],
  ["line", "/lines/prod/team/l", ["/runs/prod/team/x", "/lines/prod/team/l"]],
  ["report", "/reports/prod/team/r", ["/runs/prod/team/x", "/reports/prod/team/r"]],
])("whoever came by a link to a %s is led to nothing else", (kind, href, led) => {
  expect(PATHS.filter((path) => leadsOn({ kind, href }, path))).toEqual(led);
});
