import { constants, link, mkdir, mkdtemp, open, rename, rm, writeFile } from "node:fs/promises";
import path from "node:path";
import { openAppendLog } from "@lakefleet/lib/storage/append-log.ts";
import { openCommitLog } from "@lakefleet/lib/storage/commit-log.ts";
import { compactAppendLog } from "@lakefleet/lib/storage/compact-append-log.ts";
import { syncFile, syncFolder, writeFileDurable } from "@lakefleet/lib/storage/durable-file.ts";
import { openLocalStore } from "@lakefleet/lib/storage/local-store.ts";
import { syncGrownTree } from "@lakefleet/lib/storage/sync-grown-tree.ts";
import { z } from "zod";

// Run under strace: does what its first argument names in the folder of its second, and writes a line to its standard
// output whenever something should be on disk.
const [mode = "", root = ""] = process.argv.slice(2);
const bytes = new TextEncoder().encode("content");
const acknowledge = (operation: string) => process.stdout.write(`${operation}\n`);

async function everyStoreOperation(): Promise<void> {
  const store = await openLocalStore({ name: "traced", root: path.join(root, "bucket") });
  acknowledge("open");
  await store.put("new/folder/object", bytes);
  acknowledge("put");
  const chunks = async function* () {
    yield bytes;
    yield bytes;
  };
  await store.put("new/folder/object", chunks());
  acknowledge("put again, streamed");
  await store.putIfAbsent("other/created", bytes);
  acknowledge("put if absent");
  await store.putIfAbsent("other/created", bytes);
  acknowledge("put if absent, lost");
  const log = openCommitLog({
    store,
    prefix: "datasets/d/versions",
    schema: z.strictObject({ version: z.int() }),
  });
  for (let count = 0; count < 2; count += 1) {
    await log.commit((_, version) => ({ version }));
    acknowledge("commit");
  }
  await store.publish(await unsyncedTree(await store.scratch()), "indexes/i/generations/1");
  acknowledge("publish a folder");
  const scratch = await unsyncedTree(await store.scratch());
  await store.publish(path.join(scratch, "a"), "published/file");
  acknowledge("publish a file");
  const elsewhere = await mkdtemp("/dev/shm/lakefleet-sync-order-");
  await store.publish(await unsyncedTree(elsewhere), "published/copied");
  acknowledge("publish from another disk");
  await store.delete("other/created");
  acknowledge("delete");
  await store.deletePrefix("new/");
  acknowledge("delete a prefix");
  await writeFileDurable(path.join(root, "single"), bytes);
  acknowledge("write a file");
}

async function appendLog(): Promise<void> {
  const folder = path.join(root, "data", "intents");
  const schema = z.strictObject({ id: z.int() });
  const log = await openAppendLog({ folder, schema, segmentBytesMax: 40 });
  for (let id = 0; id < 3; id += 1) {
    await log.append({ id });
    acknowledge("append");
  }
  await Promise.all([3, 4, 5].map((id) => log.append({ id })));
  acknowledge("append together");
  await log.close();
  await compactAppendLog({ folder, schema, keep: ({ id }) => id > 2 });
  acknowledge("compact");
}

async function grownTree(): Promise<void> {
  const tree = await unsyncedTree(path.join(root, "table"));
  await syncGrownTree(tree);
  await syncFolder(root);
  acknowledge("sync");
  await syncGrownTree(tree);
  acknowledge("sync nothing new");
  await writeFile(path.join(tree, "deep", "d"), bytes);
  await syncGrownTree(tree);
  acknowledge("sync one more");
  await rm(path.join(tree, "deep"), { recursive: true });
  await mkdir(path.join(tree, "deep"));
  await writeFile(path.join(tree, "deep", "b"), bytes);
  await syncGrownTree(tree);
  acknowledge("sync another folder of the same name");
}

async function unsyncedTree(folder: string): Promise<string> {
  await mkdir(path.join(folder, "deep", "deeper"), { recursive: true });
  for (const name of ["a", "deep/b", "deep/deeper/c"]) await writeFile(path.join(folder, name), bytes);
  return folder;
}

/** Mistakes that the check must find, each with one sync too few. */
const mistakes: Record<string, () => Promise<void>> = {
  "rename-unsynced": async () => {
    await writeFile(path.join(root, "draft"), bytes);
    await rename(path.join(root, "draft"), path.join(root, "final"));
    await syncFolder(root);
  },
  "link-unsynced": async () => {
    await writeFile(path.join(root, "draft"), bytes);
    await link(path.join(root, "draft"), path.join(root, "final"));
    await syncFolder(root);
  },
  "write-after-sync": async () => {
    await using handle = await open(path.join(root, "draft"), "wx");
    await handle.write(bytes);
    await handle.datasync();
    await handle.write(bytes);
    await rename(path.join(root, "draft"), path.join(root, "final"));
    await syncFolder(root);
  },
  "write-before-synced-write": async () => {
    const draft = path.join(root, "draft");
    await writeFile(draft, bytes);
    await using handle = await open(draft, constants.O_WRONLY | constants.O_APPEND | constants.O_DSYNC);
    await handle.write(bytes);
    await rename(draft, path.join(root, "final"));
    await syncFolder(root);
  },
  "folder-unsynced": async () => {
    await writeFile(path.join(root, "draft"), bytes);
    await syncFile(path.join(root, "draft"));
    await rename(path.join(root, "draft"), path.join(root, "final"));
  },
  "folder-synced-too-early": async () => {
    await writeFile(path.join(root, "draft"), bytes);
    await syncFile(path.join(root, "draft"));
    await syncFolder(root);
    await rename(path.join(root, "draft"), path.join(root, "final"));
  },
  "new-folder-unsynced": async () => {
    await mkdir(path.join(root, "new"));
    await writeFileDurable(path.join(root, "new", "final"), bytes);
  },
  "tree-file-unsynced": async () => {
    await mkdir(path.join(root, "draft"));
    await writeFile(path.join(root, "draft", "file"), bytes);
    await syncFolder(path.join(root, "draft"));
    await rename(path.join(root, "draft"), path.join(root, "final"));
    await syncFolder(root);
  },
  "tree-folder-unsynced": async () => {
    await mkdir(path.join(root, "draft"));
    await writeFileDurable(path.join(root, "draft", "first"), bytes);
    await writeFile(path.join(root, "draft", "second"), bytes);
    await syncFile(path.join(root, "draft", "second"));
    await rename(path.join(root, "draft"), path.join(root, "final"));
    await syncFolder(root);
  },
  "append-unsynced": async () => {
    await writeFile(path.join(root, "segment"), bytes);
    await syncFolder(root);
  },
  "delete-unsynced": async () => {
    await writeFileDurable(path.join(root, "object"), bytes);
    await rm(path.join(root, "object"));
  },
};

if (mode === "store") await everyStoreOperation();
else if (mode === "append-log") await appendLog();
else if (mode === "grown-tree") await grownTree();
else {
  const mistake = mistakes[mode];
  if (mistake === undefined) throw new Error(`There is no mode "${mode}".`);
  await mistake();
  acknowledge("done");
}
