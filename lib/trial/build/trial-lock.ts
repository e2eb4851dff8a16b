/** Held for the whole of a trial: two that measured one index at once would slow each other down. */
export function trialLock(index: string): string {
  return `trial.${index}`;
}
