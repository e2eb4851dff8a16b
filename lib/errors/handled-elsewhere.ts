/**
 * Marks a promise whose rejection reaches its caller by another way, so that the process does not take it for one that
 * nobody handles. Never for an error that only this promise carries.
 */
export function handledElsewhere(promise: Promise<unknown>): void {
  promise.then(undefined, () => undefined);
}
