/** What the vectors of an index are called that came with its rows: `import:mymodel@1`. No provider makes them. */
export const broughtEmbedder = /^import:[A-Za-z0-9][A-Za-z0-9._/-]{0,99}@[A-Za-z0-9._-]{1,50}$/;

export function isBroughtEmbedder(embedderId: string): boolean {
  return embedderId.startsWith("import:");
}
