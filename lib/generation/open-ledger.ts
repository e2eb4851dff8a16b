import path from "node:path";
import type { ObjectStore } from "../storage/object-store.ts";
import { rowStoreFile } from "./format/row-store-layout.ts";
import type { GenerationManifest } from "./generation-manifest.ts";
import { openRowStore, type RowStore } from "./read/open-row-store.ts";
import { verifyFiles } from "./verify-files.ts";

/** The row store of a generation on its own, its checksum verified; to be disposed of. */
export async function openLedger(
  store: ObjectStore,
  manifest: GenerationManifest,
): Promise<RowStore & Disposable> {
  const files = manifest.files.filter((file) => file.path === rowStoreFile);
  const folder = await verifyFiles({ store, manifest: { ...manifest, files } });
  const rows = openRowStore(path.join(folder, rowStoreFile));
  return { ...rows, [Symbol.dispose]: () => rows.close() };
}
