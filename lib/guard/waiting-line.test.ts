import { expect, test } from "vitest";
import { createWaitingLine } from "./waiting-line.ts";

function gate() {
  const { promise, resolve } = Promise.withResolvers<void>();
  return { opened: promise, open: resolve };
}

test("one task runs at a time, in the order of coming, also after one has failed", async () => {
  const line = createWaitingLine();
  const order: number[] = [];
  const first = gate();
  const tasks = [1, 2, 3].map((number) =>
    line.enter(async () => {
      if (number === 1) await first.opened;
      order.push(number);
      if (number === 2) throw new Error("the second fails");
      return number;
    }, undefined),
  );
  first.open();
  const outcomes = await Promise.allSettled(tasks);
  expect(order).toEqual([1, 2, 3]);
  expect(outcomes.map(({ status }) => status)).toEqual(["fulfilled", "rejected", "fulfilled"]);
});

test("who is aborted leaves with the reason, and the line goes on behind it", async () => {
  const line = createWaitingLine();
  const first = gate();
  const controller = new AbortController();
  const running = line.enter(() => first.opened, undefined);
  const leaving = line.enter(async () => "never", controller.signal);
  const staying = line.enter(async () => "served", undefined);
  controller.abort(new Error("no longer wanted"));
  await expect(leaving).rejects.toThrow("no longer wanted");
  first.open();
  await running;
  expect(await staying).toBe("served");
  await expect(line.enter(async () => "never", controller.signal)).rejects.toThrow("no longer wanted");
  expect(await line.enter(async () => "served", undefined)).toBe("served");
});
