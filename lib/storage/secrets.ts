import { open, rm, unlink } from "node:fs/promises";
import path from "node:path";
import { DomainError } from "../errors/domain-error.ts";
import { diskError } from "./disk-error.ts";
import { syncFolder } from "./durable-file.ts";
import { hasCode } from "./error-code.ts";
import { createFolderDurable } from "./local-bucket.ts";

/** Passwords, keys and DSNs, by name. A value never becomes part of a log line, a job or an error. */
export interface Secrets {
  /** `secret-name` (invalid), `secret-missing` (not-found), `secret-exposed` (forbidden: others may read the file). */
  read(name: string): Promise<string>;
  /** Keeps a value in a file that nobody else may read; durable when the promise resolves. */
  write(name: string, value: string): Promise<void>;
  /** A missing one is no error. */
  remove(name: string): Promise<void>;
}

/** Longer is a file somebody mistook for a secret. */
const valueBytesMax = 65_536;
const othersMayRead = 0o077;

/** A file `<folder>/<name>` comes before the environment, whose values are given by name. */
export function openSecrets(options: {
  folder: string;
  environment: Readonly<Record<string, string>>;
}): Secrets {
  const { folder, environment } = options;
  const fileOf = (name: string) => path.join(folder, checkedName(name));
  return {
    async read(name) {
      const value = (await readFile(name, fileOf(name))) ?? environment[name];
      if (value === undefined) throw secretMissing(name);
      return value.trim();
    },
    async write(name, value) {
      const file = fileOf(name);
      await createFolderDurable(folder);
      try {
        await rm(file, { force: true });
        await using handle = await open(file, "wx", 0o600);
        await handle.writeFile(value);
        await handle.datasync();
        await syncFolder(folder);
      } catch (error) {
        throw diskError(error);
      }
    },
    async remove(name) {
      await unlink(fileOf(name)).catch((error: unknown) => {
        if (!hasCode(error, "ENOENT")) throw error;
      });
    },
  };
}

async function readFile(name: string, file: string): Promise<string | undefined> {
  try {
    await using handle = await open(file, "r");
    const { mode, size } = await handle.stat();
    if ((mode & othersMayRead) !== 0) throw secretExposed(name);
    if (size > valueBytesMax) throw badSecret(name, `is longer than ${valueBytesMax} bytes`);
    return await handle.readFile("utf8");
  } catch (error) {
    if (hasCode(error, "ENOENT")) return undefined;
    throw error;
  }
}

function checkedName(name: string): string {
  if (/^[A-Za-z0-9_][A-Za-z0-9_-]{0,99}$/.test(name)) return name;
  throw badSecret(name.slice(0, 100), "is no name: letters, digits, _ and -, at most 100 characters");
}

function badSecret(name: string, problem: string): DomainError {
  return new DomainError({
    kind: "invalid",
    type: "secret-name",
    field: "secret",
    message: `The secret ${JSON.stringify(name)} ${problem}.`,
  });
}

function secretMissing(name: string): DomainError {
  return new DomainError({
    kind: "not-found",
    type: "secret-missing",
    field: "secret",
    message: `There is no secret ${JSON.stringify(name)}.`,
    remedy: `Write it to secrets/${name} in the data folder with mode 0600, or set LAKEFLEET_SECRET_${name}.`,
  });
}

function secretExposed(name: string): DomainError {
  return new DomainError({
    kind: "forbidden",
    type: "secret-exposed",
    field: "secret",
    message: `The file of the secret ${JSON.stringify(name)} may be read by others, so it is not used.`,
    remedy: `chmod 600 secrets/${name}`,
  });
}
