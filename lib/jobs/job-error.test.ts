import { UnrecoverableError } from "bullmq";
import { expect, test } from "vitest";
import { DomainError } from "../errors/domain-error.ts";
import { jobErrorFrom, readProblem } from "./job-error.ts";

const refused = new DomainError({
  kind: "invalid",
  type: "csv-row",
  message: "Row 7 has 3 fields, not 4.",
  place: { row: 7 },
  remedy: "Mend the row.",
});

test("an error that no repetition can change ends the job, and its problem is read back whole", () => {
  const error = jobErrorFrom(refused);
  expect(error).toBeInstanceOf(UnrecoverableError);
  expect(readProblem(error.message)).toMatchObject({
    type: "csv-row",
    detail: "Row 7 has 3 fields, not 4.",
    place: { row: 7 },
    remedy: "Mend the row.",
  });
});

test("a full disk and a defect are tried again", () => {
  const full = new DomainError({ kind: "exhausted", type: "disk-full", message: "Full." });
  expect(jobErrorFrom(full)).not.toBeInstanceOf(UnrecoverableError);
  expect(jobErrorFrom(new TypeError("x is undefined"))).not.toBeInstanceOf(UnrecoverableError);
});

test("a defect keeps its inside to itself", () => {
  expect(jobErrorFrom(new TypeError("secret inside")).message).not.toContain("secret inside");
});

test("what the queue engine wrote itself is an internal error", () => {
  expect(readProblem("job stalled more than allowable limit").type).toBe("internal");
  expect(readProblem(undefined).type).toBe("internal");
});
