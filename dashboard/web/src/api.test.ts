import { expect, test } from "vitest";
import { refusal } from "./api";

const answer = (status: number, body: string) => new Response(body, { status });
const told = async (status: number, body: string) => (await refusal(answer(status, body), "/api/v1/x")).message;

test("what is too costly is told in plain words, and anything else in the server's", async () => {
  expect(await told(503, JSON.stringify({ error: { code: "too_costly", message: "reading the tables took longer than 20 s" } }))).toMatch(/Ask for less/);
  expect(await told(400, JSON.stringify({ error: { code: "bad_query", message: "no field x" } }))).toBe("no field x");
  expect([await told(502, "<html>"), await told(503, "{}")]).toEqual(["/api/v1/x: 502", "/api/v1/x: 503"]);
  expect((await refusal(answer(503, "{}"), "x")).status).toBe(503);
});
