import { mkdtemp, rm } from "node:fs/promises";
import os from "node:os";
import path from "node:path";
import { type Engine, parseDsn } from "@lakefleet/lib/connectors/dsn.ts";
import { extractDatabase } from "@lakefleet/lib/connectors/extract-database.ts";
import { commitRows } from "@lakefleet/lib/dataset/commit-rows.ts";
import { checksumFile } from "@lakefleet/lib/storage/checksum.ts";
import { openLocalStore } from "@lakefleet/lib/storage/local-store.ts";

/** `read-database.ts <engine> <dsn> <table> <memoryMib>`: reads and commits in a process of its own, as a worker does. */
const [engine, dsn, table, memoryMib] = process.argv.slice(2);
const allowed = { files: false, sockets: false, linkLocal: false };
const folder = await mkdtemp(path.join(os.tmpdir(), "lakefleet-bench-read-"));
try {
  const store = await openLocalStore({ name: "bench", root: folder });
  const address = parseDsn(dsn!, engine as Engine, allowed);
  const startedAt = performance.now();
  const staged = await extractDatabase({
    source: { address, from: { table: table! }, timeoutMs: 600_000 },
    allowed,
    scratch: await store.scratch(),
    memoryMib: Number(memoryMib),
  });
  const readMs = performance.now() - startedAt;
  const { version } = await commitRows({
    store,
    dataset: "bench",
    ingestId: "bench000000",
    mode: "replace",
    staged,
    contentHash: await checksumFile(staged.parquetPath),
    source: { kind: "database", name: "bench", format: engine! },
    settings: {},
  });
  const wholeMs = performance.now() - startedAt;
  const peakMib = process.resourceUsage().maxRSS / 1024;
  process.stdout.write(JSON.stringify({ readMs, wholeMs, peakMib, rows: version.rowCount }));
} finally {
  await rm(folder, { recursive: true, force: true });
}
