import type { RowFilter } from "../../vector/vector-index.ts";
import type { RowStore } from "./join-rows.ts";

/** A filter over a million chunks takes 125 kB, so a generation spends at most 8 MB on them. */
const filtersMax = 64;

/** Selections of one row store, least recently used out first. Equal ones asked for at once are worked out once. */
export function createSelectCache(rows: Pick<RowStore, "select">): (where: string) => Promise<RowFilter> {
  const known = new Map<string, Promise<RowFilter>>();
  return (where) => {
    const filter = known.get(where) ?? rows.select(where);
    known.delete(where);
    known.set(where, filter);
    filter.catch(() => known.delete(where));
    const [oldest] = known.keys();
    if (known.size > filtersMax && oldest !== undefined) known.delete(oldest);
    return filter;
  };
}
