/** How many times as often the costly properties are tried: once as often with all other tests, for a look at more say 20. */
const factor = Number(process.env["LAKEFLEET_PROPERTY_FACTOR"] ?? 1);
const asked = process.env["LAKEFLEET_PROPERTY_SEED"];
const seed = asked === undefined ? undefined : Number(asked);

/** What fast-check is told of a property that costs much; a failing run prints its seed. */
export function costly(numRuns: number, seedOfAll?: number) {
  const chosen = seed ?? seedOfAll;
  return {
    numRuns: numRuns * factor,
    verbose: 1,
    ...(chosen === undefined ? {} : { seed: chosen }),
  } as const;
}

/** The limit of such a test, which grows with its runs. */
export const costlyMs = 120_000 * factor;
