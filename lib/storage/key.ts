import { DomainError } from "../errors/domain-error.ts";

/** The bucket's own folder for unfinished writes; no key can name it and no listing shows it. */
export const stagingName = "_staging";

/** S3's bound for a whole key, and every usual file system's bound for one name. */
const keyBytesMax = 1024;
const segmentBytesMax = 255;

/** Throws `invalid`, `object-key` unless the key is safe to use as a path below the bucket's root. */
export function assertKey(key: string): void {
  const problem = keyProblem(key);
  if (problem !== undefined) throw keyError(key, problem);
}

/** Like `assertKey`, for a listing: the empty prefix, a last segment in part and a last `/` are fine. */
export function assertPrefix(prefix: string): void {
  const whole = prefix.endsWith("/") ? prefix.slice(0, -1) : prefix;
  if (prefix !== "") assertKey(whole);
}

/** Throws unless the prefix ends with `/` and names one folder of the bucket, not the whole of it. */
export function assertFolderPrefix(prefix: string): void {
  if (!prefix.endsWith("/")) throw keyError(prefix, "must end with a slash to name a folder");
  assertKey(prefix.slice(0, -1));
}

/** Order of keys in a listing: by their UTF-8 bytes, as S3 orders them. */
export function compareKeys(left: string, right: string): number {
  const length = Math.min(left.length, right.length);
  for (let index = 0; index < length; index += 1) {
    const difference = byteRank(left.charCodeAt(index)) - byteRank(right.charCodeAt(index));
    if (difference !== 0) return difference;
  }
  return left.length - right.length;
}

/** In UTF-8 a surrogate pair (U+10000 and up) sorts after U+E000 to U+FFFF; in UTF-16 it stands before them. */
function byteRank(codeUnit: number): number {
  return codeUnit >= 0xd800 && codeUnit <= 0xdfff ? codeUnit + 0x10000 : codeUnit;
}

function keyProblem(key: string): string | undefined {
  if (!key.isWellFormed()) return "is not valid Unicode";
  if (Buffer.byteLength(key) > keyBytesMax) return `is longer than ${keyBytesMax} bytes`;
  const segments = key.split("/");
  if (segments[0] === stagingName) return `begins with ${stagingName}, which the bucket keeps for itself`;
  for (const segment of segments) {
    const problem = segmentProblem(segment);
    if (problem !== undefined) return problem;
  }
  return undefined;
}

function segmentProblem(segment: string): string | undefined {
  if (segment === "") return "has an empty segment";
  if (segment === "." || segment === "..") return `has a segment "${segment}"`;
  if (/[\p{Cc}\\]/u.test(segment)) return "holds a control character or a backslash";
  if (Buffer.byteLength(segment) > segmentBytesMax) {
    return `has a segment longer than ${segmentBytesMax} bytes`;
  }
  return undefined;
}

function keyError(key: string, problem: string): DomainError {
  return new DomainError({
    kind: "invalid",
    type: "object-key",
    message: `The key ${JSON.stringify(key.slice(0, 100))} ${problem}.`,
    field: "key",
  });
}
