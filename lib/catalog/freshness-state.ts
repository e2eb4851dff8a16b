import type { DatasetVersion } from "../dataset/dataset-version.ts";
import { periodMs, staleAfterMs } from "../dataset/freshness.ts";

export interface FreshnessState {
  /** `late`: an update is due; `stale`: so long overdue that somebody must know. */
  state: "fresh" | "late" | "stale";
  /** When its rows last changed. */
  updatedAt: string;
  ageSeconds: number;
  /** When it became or becomes stale. */
  staleAt: string;
}

/** How the dataset stands to what is expected of it; undefined where nothing is. */
export function freshnessOf(
  { freshness, ingest }: Pick<DatasetVersion, "freshness" | "ingest">,
  now: Date,
): FreshnessState | undefined {
  if (freshness === undefined) return undefined;
  const updated = Date.parse(ingest.at);
  // A clock that was set back makes no dataset younger than new.
  const ageMs = Math.max(0, now.getTime() - updated);
  const staleMs = staleAfterMs(freshness);
  const isLate = freshness.every !== undefined && ageMs >= periodMs(freshness.every);
  return {
    state: ageMs >= staleMs ? "stale" : isLate ? "late" : "fresh",
    updatedAt: ingest.at,
    ageSeconds: Math.floor(ageMs / 1_000),
    staleAt: new Date(updated + staleMs).toISOString(),
  };
}
