import { DomainError } from "../errors/domain-error.ts";

export function objectMissing(bucket: string, key: string): DomainError {
  return new DomainError({
    kind: "not-found",
    type: "object-missing",
    message: `Bucket "${bucket}" has no object "${key}".`,
  });
}

export function objectExists(bucket: string, key: string): DomainError {
  return new DomainError({
    kind: "conflict",
    type: "object-exists",
    message: `Bucket "${bucket}" has a different object at "${key}" already.`,
  });
}

/** On a disk a name is a file or a folder, never both; every store keeps to that, so that data can move between them. */
export function keyOverlap(bucket: string, key: string): DomainError {
  return new DomainError({
    kind: "conflict",
    type: "object-overlap",
    message: `In bucket "${bucket}" the key "${key}" would be an object and a folder at once.`,
  });
}

/** A symbolic link, socket or device stands on the way to the object. */
export function objectOutside(bucket: string, key: string): DomainError {
  return new DomainError({
    kind: "forbidden",
    type: "object-outside",
    message: `"${key}" in bucket "${bucket}" is, or lies behind, something that is no plain file or folder.`,
    remedy: "Remove links from the bucket's folder; a bucket holds plain files only.",
  });
}

export function sourceMissing(localPath: string): DomainError {
  return new DomainError({
    kind: "not-found",
    type: "publish-source-missing",
    message: `There is nothing to publish at ${localPath}.`,
  });
}

export function invalidRange(key: string): DomainError {
  return new DomainError({
    kind: "invalid",
    type: "object-range",
    message: `The range of "${key}" needs an offset and a length that are whole and not negative.`,
    field: "range",
  });
}
