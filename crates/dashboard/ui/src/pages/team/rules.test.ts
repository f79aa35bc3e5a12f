import { describe, expect, it } from "vitest";
import { givenBy, isLastOwner, type Member, refusalOf } from "./rules";

const member = (userId: string, role: string): Member => ({ userId, role, email: userId, joinedAt: "" });
const ada = member("ada", "owner");
const grace = member("grace", "owner");
const linus = member("linus", "member");

describe("members", () => {
  it("keep one owner", () => {
    expect(isLastOwner(ada, [ada, linus])).toBe(true);
    expect(isLastOwner(ada, [ada, grace])).toBe(false);
    expect(isLastOwner(linus, [linus])).toBe(false);
  });

  it("that are owners are changed by owners only", () => {
    expect(refusalOf(ada, [ada, grace], "owner")).toBeUndefined();
    expect(refusalOf(ada, [ada, grace], "admin")).toContain("owner");
    expect(refusalOf(linus, [ada, linus], "admin")).toBeUndefined();
    expect(refusalOf(ada, [ada], "owner")).toContain("keeps an owner");
  });

  it("get the roles that their giver may give", () => {
    expect(givenBy("owner")).toEqual(["owner", "admin", "member", "viewer"]);
    expect(givenBy("admin")).toEqual(["admin", "member", "viewer"]);
  });
});
