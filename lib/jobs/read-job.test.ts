import { describe, expect, test } from "vitest";
import type { EndedRecord } from "./intent-record.ts";
import type { Intent } from "./intent-state.ts";
import type { JobSnapshot } from "./job-snapshot.ts";
import { jobView } from "./read-job.ts";

const id = "0123456789";
const at = "2026-01-01T00:00:00.000Z";
const jobs = (["ingest", "embed", "index"] as const).map((queue) => ({
  queue,
  id: `${id}.${queue}`,
  payload: {},
}));

function intent(ended?: Partial<EndedRecord>): Intent {
  return {
    accepted: { kind: "accepted", intent: id, at, actor: "test", jobs },
    round: 0,
    ended:
      ended === undefined
        ? undefined
        : { kind: "ended", intent: id, at: "2026-01-01T00:01:00.000Z", round: 0, state: "failed", ...ended },
  };
}

function snapshots(states: Record<string, Partial<JobSnapshot>>): Map<string, JobSnapshot> {
  const nothing = {
    progress: null,
    attemptsEnded: 0,
    waitingFor: undefined,
    failedReason: undefined,
    result: undefined,
    finishedAt: undefined,
  };
  return new Map(
    Object.entries(states).map(([queue, snapshot]) => [
      `${id}.${queue}`,
      { state: "waiting" as const, ...nothing, ...snapshot },
    ]),
  );
}

const root = 2;
const progress = { done: 1, total: 2, unit: "rows", rate: 1, eta_seconds: 1 };

describe("the view of a root job", () => {
  test("waits as long as no step has begun", () => {
    expect(jobView(intent(), root, snapshots({ ingest: {}, embed: {}, index: {} }))).toMatchObject({
      state: "waiting",
      finished_at: null,
    });
  });

  test("is active while an earlier step runs, and shows that step's progress", () => {
    const view = jobView(
      intent(),
      root,
      snapshots({ ingest: { state: "active", progress }, embed: {}, index: {} }),
    );
    expect(view).toMatchObject({ state: "active", progress, attempts: 0 });
    expect(view.children.map((child) => child.state)).toEqual(["active", "waiting"]);
  });

  test("tells what the step that is due waits for, until it is over", () => {
    const waitingFor = { type: "provider-failed", detail: "It is down.", until: at };
    const put = snapshots({ ingest: { state: "completed" }, embed: { waitingFor }, index: {} });
    expect(jobView(intent(), root, put)).toMatchObject({ state: "active", waiting_for: waitingFor });
    expect(jobView(intent({ state: "cancelled" }), root, put).waiting_for).toBeNull();
  });

  test("is active between two steps", () => {
    const between = snapshots({ ingest: { state: "completed" }, embed: {}, index: {} });
    expect(jobView(intent(), root, between).state).toBe("active");
  });

  test("is not over, and shows no error, before the log says how it ended", () => {
    const failedReason = "child failed";
    const failed = snapshots({
      ingest: { state: "failed", failedReason },
      embed: { state: "failed", failedReason },
      index: { state: "failed", failedReason },
    });
    expect(jobView(intent(), root, failed)).toMatchObject({
      state: "active",
      error: null,
      finished_at: null,
    });
  });

  test("tells from the log alone where a run failed", () => {
    const view = jobView(intent({ state: "failed", job: jobs[1] }), root, new Map());
    expect(view.state).toBe("failed");
    expect(view.children.map((child) => child.state)).toEqual(["completed", "failed"]);
    expect(view.error?.type).toBe("internal");
  });

  test("tells from the log alone what a run came to", () => {
    const view = jobView(intent({ state: "completed", result: { rows: 3 } }), root, new Map());
    expect(view).toMatchObject({ state: "completed", result: { rows: 3 }, error: null });
    expect(view.children.map((child) => child.state)).toEqual(["completed", "completed"]);
  });

  test("is cancelled though a worker still stops", () => {
    const stopping = snapshots({ ingest: { state: "active" }, embed: {}, index: {} });
    expect(jobView(intent({ state: "cancelled" }), root, stopping).state).toBe("cancelled");
  });
});

test("a step that is done shows its own result, and the request the one that the log holds", () => {
  const found = snapshots({ ingest: { state: "completed", result: { rowsRejected: 2 } } });
  expect(jobView(intent(), 0, found).result).toEqual({ rowsRejected: 2 });
  expect(jobView(intent(), root, found).result).toBeNull();
  const ended = intent({ state: "completed", result: { generation: "g" } });
  expect(jobView(ended, root, found).result).toEqual({ generation: "g" });
  expect(jobView(ended, 0, new Map()).result).toBeNull();
});
