import { DomainError } from "../errors/domain-error.ts";
import { activeLog } from "../generation/active-log.ts";
import { assertDefined } from "../generation/definition-log.ts";
import { generationName } from "../generation/generation-id.ts";
import { listGenerations } from "../generation/list-generations.ts";
import type { ObjectStore } from "../storage/object-store.ts";
import { migrationLog } from "./migration-record.ts";

export interface Side {
  generation: string;
  embedder: string;
}

/**
 * What two sides of a comparison stand for: each a generation, or an embedder, for the newest generation by it. Without
 * a name `a` is what serves, and `b` the newest migration's shadow, or after its cutover what served before. Throws
 * `index-missing`, `generation-missing` (not-found) and `side-missing` (invalid).
 */
export async function resolveSides(
  store: ObjectStore,
  { index, a, b }: { index: string; a?: string | undefined; b?: string | undefined },
): Promise<{ a: Side; b: Side }> {
  await assertDefined(store, index);
  const generations = await listGenerations({ store, index });
  const find = (field: "a" | "b", wanted: string | undefined): Side => {
    const isWanted = (known: { generation: string; embedderId: string }) =>
      wanted !== undefined && (generationName.test(wanted) ? known.generation : known.embedderId) === wanted;
    const found = generations.find(isWanted);
    if (found === undefined) throw sideMissing(index, field, wanted);
    return { generation: found.generation, embedder: found.embedderId };
  };
  const active = (await activeLog(store, index).head())?.document.generation;
  const newest = (await migrationLog(store, index).head())?.document;
  const { shadow, cutover } = newest ?? {};
  const other = shadow?.generation === active ? cutover?.previous : shadow?.generation;
  return { a: find("a", a ?? active), b: find("b", b ?? other) };
}

function sideMissing(index: string, field: "a" | "b", wanted: string | undefined): DomainError {
  return new DomainError({
    kind: wanted === undefined ? "invalid" : "not-found",
    type: wanted === undefined ? "side-missing" : "generation-missing",
    field,
    message:
      wanted === undefined
        ? `The index ${index} has nothing that ${field} could stand for by itself.`
        : `The index ${index} has no generation of ${JSON.stringify(wanted.slice(0, 200))}.`,
    remedy: `Name one of its generations, or an embedder that it has one by, in ${field}.`,
  });
}
