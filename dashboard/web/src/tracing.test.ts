import { expect, test } from "vitest";
import { follow } from "./tracing";

function drawn(xs: number[], values: number[]): string {
  const words: string[] = [];
  follow({ moveTo: (x, y) => words.push(`M${x} ${y}`), lineTo: (x, y) => words.push(`L${x} ${y}`) }, xs, values, (value) => 10 - value);
  return words.join(" ");
}

test("a line goes through whole pixels and leaves out what changes nothing of it", () => {
  expect(drawn([0, 1, 2, 3, 3, 4], [5, 5.2, 4.9, 5, 5, 7])).toBe("M0 5 L3 5 L4 3");
});

test("up and down within one pixel is drawn to both ends", () => {
  expect(drawn([0, 1, 1, 1, 1, 2], [5, 5, 7, 9, 1, 5])).toBe("M0 5 L1 5 L1 1 L1 9 L2 5");
});

test("a gap is not drawn through, and a way back along the line is drawn", () => {
  expect(drawn([0, 1, 2, 3, 4], [5, 5, NaN, 6, 6])).toBe("M0 5 L1 5 M3 4 L4 4");
  expect(drawn([0, 0, 0], [1, 9, 3])).toBe("M0 9 L0 1 L0 7");
});
