import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { ApiError } from "@/api/errors";
import { patiently } from "./patiently";

const busy = new ApiError(429, "too_many_requests", "Wait.", undefined, 3);

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

it("waits for as long as the server asks, then calls again", async () => {
  const call = vi.fn<() => Promise<string>>().mockRejectedValueOnce(busy).mockResolvedValueOnce("done");
  const done = patiently(call, () => false);
  await vi.advanceTimersByTimeAsync(2_900);
  expect(call).toHaveBeenCalledTimes(1);
  await vi.advanceTimersByTimeAsync(200);
  expect(await done).toBe("done");
});

it("gives up what fails otherwise, and what the reader has stopped", async () => {
  const refused = new ApiError(409, "conflict", "No.");
  await expect(
    patiently(
      () => Promise.reject(refused),
      () => false,
    ),
  ).rejects.toBe(refused);
  await expect(
    patiently(
      () => Promise.reject(busy),
      () => true,
    ),
  ).rejects.toBe(busy);
});
