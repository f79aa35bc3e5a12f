import { expect, it } from "vitest";
import { advice } from "@/texts/overview";
import { adviceFor } from "./advice";

it("says what to do about what is known", () => {
  expect(adviceFor(401, null)).toBe(advice.auth);
  expect(adviceFor(422, null)).toBe(advice.client);
  expect(adviceFor(503, "timed out")).toBe(advice.server);
  expect(adviceFor(null, "the connection was refused")).toBe(advice.connect);
  expect(adviceFor(null, "its certificate has expired")).toBe(advice.tls);
  expect(adviceFor(null, null)).toBe(advice.other);
});
