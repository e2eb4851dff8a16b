const recalls = [0, 0.5, 0.8, 0.9, 0.95, 0.98, 0.99, 0.995, 1];

/** Recalls that people compare by, ascending: each of them misses about half as much as the one before. */
export function recallTicks(floor: number): number[] {
  return recalls.filter((recall) => recall >= floor);
}

/**
 * Stretches recalls by what they miss, so that 0.98 and 0.99 lie as far apart as 0.9 and 0.95; what misses less than
 * the two hundredth part is hard to tell from 1 by any number of queries.
 */
export function stretchRecall(recall: number): number {
  return -Math.log(1 - Math.min(1, recall) + 0.0025);
}

/** Numbers of one digit within the range, ascending: 1, 2 and 5 times powers of ten. */
export function logTicks(low: number, high: number): number[] {
  const ticks: number[] = [];
  for (let power = Math.floor(Math.log10(low)); 10 ** power <= high; power += 1) {
    for (const digit of [1, 2, 5]) {
      const tick = Number((digit * 10 ** power).toPrecision(3));
      if (tick >= low && tick <= high) ticks.push(tick);
    }
  }
  return ticks;
}
