import type { ObjectStore } from "../../storage/object-store.ts";
import { gateKey } from "../generation-keys.ts";
import { findManifest } from "../read-manifest.ts";
import type { VerifiedFiles } from "../verified-files.ts";
import { verifyFiles } from "../verify-files.ts";

/** Readies generations that may soon serve, so that the first search after a promotion waits for nothing. */
export interface CandidateWatch {
  /**
   * Verifies the files of a generation that has appeared since the last look, and opens one whose certificate has.
   * Costs two short listings where nothing is new; whatever was there at the first look is left alone.
   */
  look(): Promise<void>;
}

export function watchCandidates(options: {
  store: ObjectStore;
  index: string;
  verified: VerifiedFiles | undefined;
  /** Opens a certified generation and keeps it open for a while. */
  open(generation: string): Promise<void>;
}): CandidateWatch {
  const { store, index, verified, open } = options;
  const built = newcomers(() => store.listFolders(`indexes/${index}/generations/`));
  const certified = newcomers(() => listCertified(store, index));
  return {
    async look() {
      // Of several, the newest is the one that is about to be promoted.
      const generation = (await built()).at(-1);
      const found = generation && (await findManifest(store, index, generation));
      if (found) await verifyFiles({ store, manifest: found.manifest, verified });
      const candidate = (await certified()).at(-1);
      if (candidate !== undefined) await open(candidate);
    },
  };
}

/** Names that a listing has and did not have when it was last asked for, ascending. */
function newcomers(list: () => Promise<string[]>): () => Promise<string[]> {
  let known: Set<string> | undefined;
  return async () => {
    const names = await list();
    const before = known;
    known = new Set(names);
    return before === undefined ? [] : names.filter((name) => !before.has(name));
  };
}

async function listCertified(store: ObjectStore, index: string): Promise<string[]> {
  const [start = "", end = ""] = gateKey(index, "*").split("*");
  const names: string[] = [];
  for await (const { key } of store.list(start)) {
    if (key.endsWith(end)) names.push(key.slice(start.length, -end.length));
  }
  return names;
}
