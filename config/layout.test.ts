import { describe, expect, test } from "vitest";
import { redisSocket } from "./layout.ts";

describe("redisSocket", () => {
  test("stands in the data folder where its path is short enough", () => {
    expect(redisSocket("/srv/lake")).toBe("/srv/lake/redis/redis.sock");
  });

  test("is short, and another one for each folder, where the data folder's path is long", () => {
    const deep = `/srv/${"ä".repeat(80)}`;
    expect(Buffer.byteLength(redisSocket(deep))).toBeLessThan(104);
    expect(redisSocket(deep)).toBe(redisSocket(deep));
    expect(redisSocket(deep)).not.toBe(redisSocket(`${deep}/other`));
  });
});
