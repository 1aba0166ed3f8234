import { expect, test } from "vitest";
import type { File } from "./api";
import { change, nameOf, pairs } from "./code";

const file = (path: string, sha256: string | null, size = 10) => ({ path, sha256, size }) as File;

test("a file is known by its name below the run's own directories", () => {
  expect(nameOf("wandb/offline-run-1-x/files/code/train.py")).toBe("code/train.py");
  expect(nameOf("files/diff.patch")).toBe("diff.patch");
  expect(nameOf("train.py")).toBe("train.py");
});

test("code that differs is paired, what one has alone too, and what is no code is left out", () => {
  const left = [file("a/files/train.py", "1"), file("a/files/same.py", "2"), file("a/files/gone.sh", "3"), file("a/files/model.pt", "4"),
    file("a/files/big.py", "5", 1e6), file("a/files/lost.py", null), file("a/files/wandb-metadata.json", "6"), file("a/files/media/x.json", "7")];
  const right = [file("b/files/train.py", "9"), file("b/files/same.py", "2"), file("b/files/wandb-metadata.json", "8")];
  const found = pairs(left, right);
  expect(found.differing.map((pair) => [pair.name, pair.left?.sha256, pair.right?.sha256])).toEqual([["gone.sh", "3", undefined], ["train.py", "1", "9"]]);
  expect(found.same).toBe(1);
});

test("a change has its lines with their surroundings, and counts them", () => {
  const before = Array.from({ length: 12 }, (_, n) => `line ${n}`).join("\n") + "\n";
  const found = change("x", before, before.replace("line 6\n", "line six\nand more\n"));
  expect([found.added, found.removed, found.hunks.length]).toEqual([2, 1, 1]);
  expect(found.hunks[0]?.at).toBe("@@ -4,7 +4,8 @@");
  expect(found.hunks[0]?.lines.slice(3, 6)).toEqual(["-line 6", "+line six", "+and more"]);
  expect(change("x", before, before).hunks).toEqual([]);
});
