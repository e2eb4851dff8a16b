import path from "node:path";
import type { Certificate } from "../generation/certificate.ts";
import { probeOrdinals } from "../generation/format/probe-vectors.ts";
import { vectorFolder } from "../generation/format/row-store-layout.ts";
import { generationPrefix } from "../generation/generation-keys.ts";
import type { GenerationManifest } from "../generation/generation-manifest.ts";
import type { OpenGeneration } from "../generation/read/open-generation.ts";
import { findManifest } from "../generation/read-manifest.ts";
import { canonicalJson } from "../storage/canonical-json.ts";
import { openVectorIndex } from "../vector/read/open-vector-index.ts";
import { findCertificate } from "./find-certificate.ts";
import { evenly, type QuerySource } from "./gate-queries.ts";
import { measureRecalls, type RecallMeasure, selectivities } from "./measure-search.ts";

type Segment = GenerationManifest["segments"][number];

/** What is known already of an appended generation: how its parent searches what both hold. */
export interface CertifiedParent {
  certificate: Certificate;
  /** Written since; none where rows were only removed. */
  added: Segment | undefined;
}

/** Where more chunks have died since the parent was certified, what it says of the rest is measured anew. */
const diedShareMax = 0.01;

/**
 * The parent, where its certificate speaks of this generation as well: found by stored vectors as this one is to be,
 * searched alike, and the same files but for one segment and a few more dead chunks.
 */
export async function findCertifiedParent({
  store,
  manifest,
  evalSet,
}: QuerySource): Promise<CertifiedParent | undefined> {
  const { index, parent: name, segments, vectorCount } = manifest;
  if (name === null || evalSet !== undefined) return undefined;
  const parent = await findManifest(store, index, name);
  const certificate = parent && (await findCertificate(store, index, name));
  if (parent === undefined || certificate === undefined) return undefined;
  const before = new Map(parent.manifest.segments.map((segment) => [segment.folder, segment]));
  const added = segments.filter(({ folder }) => !before.has(folder));
  const died = segments.reduce(
    (sum, { folder, deadCount }) => sum + deadCount - (before.get(folder)?.deadCount ?? 0),
    0,
  );
  const speaks =
    certificate.manifestChecksum === parent.checksum &&
    certificate.evalSet === null &&
    canonicalJson(parent.manifest.parameters) === canonicalJson(manifest.parameters) &&
    added.length <= 1 &&
    died <= diedShareMax * vectorCount;
  return speaks ? { certificate, added: added[0] } : undefined;
}

/**
 * Recall from the parent's certificate and from the added segment alone, by their shares of the chunks. A search asks
 * every segment for its best and keeps the best of all, so it finds of each what that one finds.
 */
export async function measureAppended(
  opened: OpenGeneration,
  { certificate, added }: CertifiedParent,
  source: Pick<QuerySource, "store" | "signal">,
): Promise<RecallMeasure[]> {
  const measured = added === undefined ? [] : await measureSegment(opened, added, source);
  const share = (added?.chunkCount ?? 0) / Math.max(1, opened.manifest.vectorCount);
  return selectivities.map((selectivity) => {
    const known = certificate.recall.find((one) => one.selectivity === selectivity);
    const fresh = measured.find((one) => one.selectivity === selectivity);
    if (known === undefined) throw new Error(`a certificate says nothing of a share of ${selectivity}`);
    if (fresh === undefined) return known;
    const mixed = (of: "recall" | "low" | "high") => (1 - share) * known[of] + share * fresh[of];
    const queryCount = known.queryCount + fresh.queryCount;
    return { selectivity, recall: mixed("recall"), low: mixed("low"), high: mixed("high"), queryCount };
  });
}

/** So few chunks have no graph: they are all compared, and a few searches show that they are reached. */
const flatProbesMax = 8;

/** The segment as if it were a generation of its own, searched for vectors of its own. */
async function measureSegment(
  opened: OpenGeneration,
  { folder, chunkCount, flat }: Segment,
  { store, signal }: Pick<QuerySource, "store" | "signal">,
): Promise<RecallMeasure[]> {
  const { manifest } = opened;
  const { index, generation, parameters, dimension, curves } = manifest;
  const files = await store.materialize(generationPrefix(index, generation));
  const location = { folder: path.join(files, folder, vectorFolder), dimension, vectorCount: chunkCount };
  const vectors = await openVectorIndex({ ...location, parameters, flat, curves });
  try {
    const spread = probeOrdinals(chunkCount);
    const ordinals = flat ? Uint32Array.from(evenly([...spread], flatProbesMax)) : spread;
    const probes = await vectors.fetch(ordinals);
    const queries = Array.from(ordinals, (_, place) => ({
      vector: probes.slice(place * dimension, (place + 1) * dimension),
      exclude: new Uint32Array(),
    }));
    const alone = { ...opened, vectors, manifest: { ...manifest, vectorCount: chunkCount } };
    return await measureRecalls({ opened: alone, queries, signal });
  } finally {
    await vectors.close();
  }
}
