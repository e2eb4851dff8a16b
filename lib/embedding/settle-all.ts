/** Waits for all, so that nothing runs on behind a failure, then throws the first one. */
export async function settleAll(tasks: Iterable<Promise<unknown>>): Promise<void> {
  const outcomes = await Promise.allSettled(tasks);
  const failed = outcomes.find((outcome) => outcome.status === "rejected");
  if (failed !== undefined) throw failed.reason;
}
