import path from "node:path";
import type { ObjectStore } from "../storage/object-store.ts";
import type { GenerationManifest } from "./generation-manifest.ts";
import { openLedgerFile } from "./read/open-ledger-file.ts";
import type { RowLedger } from "./reconcile-rows.ts";
import { verifyFiles } from "./verify-files.ts";

/** The ledger of a generation on its own, its checksum verified; to be disposed of. */
export async function openLedger(
  store: ObjectStore,
  manifest: GenerationManifest,
): Promise<RowLedger & Disposable> {
  const files = manifest.files.filter((file) => file.path === manifest.ledger);
  const folder = await verifyFiles({ store, manifest: { ...manifest, files } });
  const ledger = openLedgerFile(path.join(folder, manifest.ledger));
  return { ...ledger, [Symbol.dispose]: () => ledger.close() };
}
