import { expect, test } from "vitest";
import { panelsOf, picture, plain, target, tokens } from "./markdown";

const kinds = (text: string) => tokens(text).map((token) => token.type);
const inside = (text: string) => ((tokens(text)[0] as { tokens?: { type: string; raw: string }[] }).tokens ?? []).map((token) => [token.type, token.raw]);

test("mathematics stands between dollars, and money is money", () => {
  expect(kinds("$$\n\\sum_i x_i\n$$\n")).toEqual(["maths"]);
  expect(inside("so $x^2$ is")).toEqual([["text", "so "], ["maths", "$x^2$"], ["text", " is"]]);
  expect(inside("$5 and $6")).toEqual([["text", "$5 and $6"]]);
  expect(inside("`$x$`")).toEqual([["codespan", "`$x$`"]]);
});

test("panels are found in their order, in lists too, and other code is none", () => {
  expect(panelsOf(tokens("```chiplog\nkeys: a\n```\n\n- one\n\n  ```chiplog\n  keys: b\n  ```\n\n```python\nx\n```\n"))).toEqual(["keys: a", "keys: b"]);
});

test.each(["javascript:alert(1)", "JaVaScRiPt:x", "&#106;avascript:x", "data:text/html,x", "//evil.example", "/\\evil.example", "vbscript:x", "x"])(
  "a link leads to no script and to no other host by a trick: %s", (href) => expect(target(href)).toBeNull());

test.each(["https://a.example/x?y", "mailto:a@b", "/runs/a/b/c", "#part"])("a link leads on: %s", (href) => expect(target(href)).toBe(href));

test("pictures are those of runs alone", () => {
  const own = `/api/v1/runs/a/b/c/files/r1/${"0".repeat(64)}`;
  expect(picture(own)).toBe(own);
  for (const href of ["https://evil.example/x.png", "/api/v1/runs/a/../../session/files/r/" + "0".repeat(64), "data:image/png;base64,x", `//x${own}`]) {
    expect(picture(href)).toBeNull();
  }
});

test("entities stand for characters, and nothing else is changed", () => {
  expect(plain("a &lt;b&gt; &amp;amp; &#945;&#x3b2; &none; &#xd800;")).toBe("a <b> &amp; αβ &none; &#xd800;");
});
