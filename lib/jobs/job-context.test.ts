import type { Job } from "bullmq";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { createJobReporter } from "./job-context.ts";

beforeEach(() => void vi.useFakeTimers({ toFake: ["performance"] }));
afterEach(() => void vi.useRealTimers());

test("the time left that a client reads heeds how the work grows", async () => {
  const sent: unknown[] = [];
  const updateProgress = async (progress: unknown) => void sent.push(progress);
  const reporter = createJobReporter({ updateProgress } as unknown as Job, (error) => {
    throw error;
  });
  const advance = { total: 200, unit: "vectors", growth: 2 };
  reporter.progress({ ...advance, done: 0 });
  vi.advanceTimersByTime(10_000);
  reporter.progress({ ...advance, done: 100 });
  await reporter.flush();
  expect(sent.at(-1)).toEqual({ done: 100, total: 200, unit: "vectors", rate: 10, eta_seconds: 30 });
});
