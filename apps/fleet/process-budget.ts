// An embedding or building process uses every core by itself for most of its time, and waits for the disk in the rest.
const processesPerCore = 2;
// What a worker takes under load, without the engine memory that is configured per ingest.
const mibPerProcess = 400;
// The rest belongs to the page cache, the gateway's open generations and everything else on the machine.
const memoryShare = 0.6;

/** How many worker processes of all pools together the machine carries; never fewer than the pools' minima. */
export function processBudget(machine: { cores: number; memoryMib: number; minima: number }): number {
  const byMemory = Math.floor((machine.memoryMib * memoryShare) / mibPerProcess);
  return Math.max(machine.minima, Math.min(machine.cores * processesPerCore, byMemory));
}
