/** Wall time, and the processor time of all threads. */
export async function timed(task: () => Promise<void>) {
  const before = process.cpuUsage();
  const begin = performance.now();
  await task();
  const seconds = (performance.now() - begin) / 1_000;
  const { user, system } = process.cpuUsage(before);
  return { seconds, processorSeconds: (user + system) / 1e6 };
}

/** The kernel's high-water mark of this process, mapped files included. */
export function ownPeakMib(): number {
  return process.resourceUsage().maxRSS / 1024;
}
