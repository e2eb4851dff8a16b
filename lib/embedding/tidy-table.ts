import type { Table } from "@lancedb/lancedb";

/**
 * Compaction rewrites every fragment of less than a million rows, so it costs what the table weighs. Once in this many
 * commits that is little for each; a scan over so many fragments is still as fast as over one.
 */
const fragmentsMax = 256;

/** Versions live on for twice as long as the longest job may run, so no builder loses the one it reads. */
const versionAgeMinMs = 12 * 3_600_000;

/** Joins the small fragments and drops old versions where it is time for that. The caller holds the table's lock. */
export async function tidyTable(table: Table): Promise<void> {
  const { fragmentStats } = await table.stats();
  if (fragmentStats.numFragments <= fragmentsMax) return;
  await table.optimize({ cleanupOlderThan: new Date(Date.now() - versionAgeMinMs) });
}
