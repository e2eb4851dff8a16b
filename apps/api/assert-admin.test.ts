import { expect, test } from "vitest";
import { assertAdmin } from "./assert-admin.ts";

const key = "0123456789abcdef";

test("nobody is an admin where there is no key, and the refusal says how to set one", () => {
  expect(() => assertAdmin(`Bearer ${key}`, undefined)).toThrow(
    expect.objectContaining({
      kind: "forbidden",
      type: "admin-key-unset",
      remedy: expect.stringContaining("LAKEFLEET_ADMIN_KEY"),
    }),
  );
});

test.each([undefined, "", "Bearer ", `Bearer ${key}x`, `Bearer ${key.slice(1)}`, key, `Basic ${key}`])(
  "%j is not the key, and the refusal does not repeat it",
  (authorization) => {
    const refused = () => assertAdmin(authorization, key);
    expect(refused).toThrow(expect.objectContaining({ kind: "forbidden", type: "admin-key-wrong" }));
    expect(refused).not.toThrow(key);
  },
);

test("the key lets pass", () => {
  expect(() => assertAdmin(`Bearer ${key}`, key)).not.toThrow();
});
