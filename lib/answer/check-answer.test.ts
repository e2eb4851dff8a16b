import { describe, expect, test } from "vitest";
import { checkAnswer } from "./check-answer.ts";

describe("checking an answer against three sources", () => {
  test.each([
    ["At nine [1].", "At nine [1].", [1], []],
    ["At nine [1][3].", "At nine [1][3].", [1, 3], []],
    ["At nine [3, 1], not ten [2;3].", "At nine [3][1], not ten [2][3].", [1, 2, 3], []],
    ["At nine [1-3].", "At nine [1][2][3].", [1, 2, 3], []],
    ["At nine【2】.", "At nine[2].", [2], []],
    ["At nine [1, 4], and on Sundays [0] [9].", "At nine [1], and on Sundays.", [1], [0, 4, 9]],
    ["At nine [2–2019].", "At nine [2][3].", [2, 3], [4]],
    ["<think>maybe [2]</think>At nine [1].", "At nine [1].", [1], []],
  ])("%j keeps what a source has, and tells of the rest", (written, text, cited, unknown) => {
    expect(checkAnswer(written, 3)).toEqual({ text, cited, unknown, declined: undefined });
  });

  test.each([
    ["", "no-citation"],
    ["At nine.", "no-citation"],
    ["At nine [7].", "no-citation"],
    ["<think>[1]", "no-citation"],
    ["NOT_IN_SOURCES", "not-in-context"],
    ["At nine [1]. But of Sundays: not_in_sources", "not-in-context"],
    ["The sources do not say when it leaves [1].", "not-in-context"],
    ["This cannot be answered from them.", "not-in-context"],
    ["I don't know.", "not-in-context"],
  ])("%j is no answer: %s", (written, declined) => {
    expect(checkAnswer(written, 3).declined).toBe(declined);
  });

  test("what a source does not hold may be said after what it does", () => {
    expect(checkAnswer("At nine [1]. The sources do not say why.", 3).declined).toBeUndefined();
  });
});
