import { describe, expect, test } from "vitest";
import { decideScale, type PoolReading, type ScaleInput } from "./scale-pools.ts";

const bounds = { min: 1, max: 3, concurrency: 2, waitMaxMs: 2_000 };

function input(reading: Partial<PoolReading>, rest: Partial<ScaleInput> = {}): ScaleInput {
  return {
    reading: { bounds, paused: false, depth: 0, oldestWaitMs: 0, active: 0, ...reading },
    workers: 1,
    room: true,
    nowMs: 100_000,
    memory: {},
    ...rest,
  };
}

const behind = { depth: 1, oldestWaitMs: 2_001, active: 2 };

describe("decideScale", () => {
  test("grows when every slot is busy and a job has waited too long", () => {
    expect(decideScale(input(behind)).change).toBe(1);
    expect(decideScale(input({ ...behind, oldestWaitMs: 1_999 })).change).toBe(0);
  });

  test("grows on depth before any job has waited long", () => {
    expect(decideScale(input({ depth: 17, oldestWaitMs: 10, active: 2 })).change).toBe(1);
    expect(decideScale(input({ depth: 16, oldestWaitMs: 10, active: 2 })).change).toBe(0);
  });

  test("does not grow while a slot is free, while paused, without room, at the bound, or just after a change", () => {
    expect(decideScale(input({ ...behind, active: 1 })).change).toBe(0);
    expect(decideScale(input({ ...behind, paused: true })).change).toBe(0);
    expect(decideScale(input(behind, { room: false })).change).toBe(0);
    expect(decideScale(input({ ...behind, active: 6 }, { workers: 3 })).change).toBe(0);
    expect(decideScale(input(behind, { memory: { lastChangeMs: 99_000 } })).change).toBe(0);
  });

  test("shrinks only after half a minute in which one process less would have done", () => {
    const first = decideScale(input({ active: 2 }, { workers: 2 }));
    expect(first).toEqual({ change: 0, memory: { spareSinceMs: 100_000 } });
    const early = decideScale(input({ active: 2 }, { workers: 2, nowMs: 129_999, memory: first.memory }));
    expect(early.change).toBe(0);
    const due = decideScale(input({ active: 2 }, { workers: 2, nowMs: 130_000, memory: first.memory }));
    expect(due).toEqual({ change: -1, memory: { lastChangeMs: 130_000 } });
  });

  test("forgets its spare time when work comes back", () => {
    const busy = decideScale(input({ active: 3 }, { workers: 2, memory: { spareSinceMs: 71_000 } }));
    expect(busy).toEqual({ change: 0, memory: {} });
  });

  test("brings a pool inside bounds that moved, whatever the room and the time since the last change", () => {
    const memory = { lastChangeMs: 99_999 };
    expect(decideScale(input({}, { workers: 0, room: false, memory })).change).toBe(1);
    expect(decideScale(input({ ...behind, active: 8 }, { workers: 4, memory })).change).toBe(-1);
  });
});
