import { describe, expect, it } from "vitest";
import type { FullDestination } from "@/api/calls";
import { sentHeaders } from "./HeadersForm";
import { fieldsOf, policyOf } from "./RetriesForm";

const destination = (retry_policy: FullDestination["retry_policy"]): FullDestination =>
  ({
    id: "dst_1",
    url: "https://handler.example",
    is_paused: false,
    timeout_seconds: 300,
    max_attempts: 11,
    signature_mode: "anyhook",
    has_signing_secret: true,
    secret_hint: "…Bwc=",
    retry_policy,
  }) as FullDestination;

describe("the fields of a policy", () => {
  it("are the standard ones where the policy is, however it is ordered", () => {
    const standard = { first_delay_seconds: 20, factor: 3, max_delay_seconds: 86_400 };
    expect(fieldsOf(destination(standard)).kind).toBe("standard");
    const ordered = { factor: 3, first_delay_seconds: 20, max_delay_seconds: 86_400 };
    expect(fieldsOf(destination(ordered)).kind).toBe("standard");
    expect(fieldsOf(destination({ ...standard, factor: 2 })).kind).toBe("growing");
  });

  it("come back as the policy", () => {
    const listed = { delays_seconds: [10, 60, 7_200] };
    const fields = fieldsOf(destination(listed));
    expect(fields.listed).toBe("10s, 1m, 2h");
    expect(policyOf(fields)).toEqual(listed);
    const growing = { first_delay_seconds: 5, factor: 1.5, max_delay_seconds: 600 };
    expect(policyOf(fieldsOf(destination(growing)))).toEqual(growing);
  });

  it("are no policy while something is empty or no time", () => {
    const fields = fieldsOf(destination({ first_delay_seconds: 5, factor: 2, max_delay_seconds: 60 }));
    expect(policyOf({ ...fields, first: "" })).toBeNull();
    expect(policyOf({ ...fields, kind: "listed", listed: "soon" })).toBeNull();
  });
});

describe("added headers", () => {
  it("keep the values that are not typed anew, and leave out what has no name", () => {
    const rows = [
      { name: "authorization", value: "", hint: "…1234" },
      { name: "x-key", value: "new", hint: "…old" },
      { name: " x-fresh ", value: "a" },
      { name: "", value: "lost" },
    ];
    expect(sentHeaders(rows)).toEqual([
      { name: "authorization" },
      { name: "x-key", value: "new" },
      { name: "x-fresh", value: "a" },
    ]);
  });
});
