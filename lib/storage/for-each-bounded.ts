/**
 * Runs the task over all items with at most `width` at a time. On the first failure no further item is begun, the
 * running ones are awaited, and the failure is thrown.
 */
export async function forEachBounded<Item>(
  items: Iterable<Item>,
  width: number,
  task: (item: Item) => Promise<void>,
): Promise<void> {
  const iterator = items[Symbol.iterator]();
  let failed = false;
  const lane = async () => {
    for (let next = iterator.next(); !failed && next.done !== true; next = iterator.next()) {
      try {
        await task(next.value);
      } catch (error) {
        failed = true;
        throw error;
      }
    }
  };
  const lanes = await Promise.allSettled(Array.from({ length: width }, lane));
  const failure = lanes.find((outcome) => outcome.status === "rejected");
  if (failure !== undefined) throw failure.reason;
}
