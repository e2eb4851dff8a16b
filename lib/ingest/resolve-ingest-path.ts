import { lstat, realpath } from "node:fs/promises";
import path from "node:path";
import { DomainError } from "../errors/domain-error.ts";

/** Finds the file or folder a client named, inside one of the allowed roots, with every symbolic link resolved first. */
export async function resolveIngestPath(options: {
  requested: string;
  roots: readonly string[];
}): Promise<{ path: string; isFolder: boolean }> {
  const { requested } = options;
  if (requested.includes("\0") || requested.split(/[/\\]/).includes("..")) {
    throw refused("The path must not contain `..` or NUL.");
  }
  const candidate = path.isAbsolute(requested) ? requested : path.resolve(options.roots[0] ?? "/", requested);
  const roots = await Promise.all(
    options.roots.map((root) => realpath(root).catch(() => path.resolve(root))),
  );
  const inside = (target: string) =>
    roots.some((root) => target === root || target.startsWith(root + path.sep));
  if (
    !inside(path.resolve(candidate)) &&
    !options.roots.some((root) => candidate.startsWith(root + path.sep) || candidate === root)
  ) {
    throw refused(`The path is outside the folders that may be read.`);
  }
  const target = await realpath(candidate).catch((cause: unknown) => {
    throw new DomainError({
      kind: "not-found",
      type: "path-missing",
      field: "path",
      message: `There is no ${requested}.`,
      cause,
    });
  });
  if (!inside(target)) throw refused("The path leads outside the folders that may be read.");
  const entry = await lstat(target);
  if (!entry.isFile() && !entry.isDirectory()) throw refused("The path is neither a file nor a folder.");
  return { path: target, isFolder: entry.isDirectory() };
}

function refused(message: string): DomainError {
  return new DomainError({
    kind: "invalid",
    type: "path-refused",
    field: "path",
    message,
    remedy: "Put the file into the inbox, or add its folder to LAKEFLEET_INGEST_ROOTS.",
  });
}
