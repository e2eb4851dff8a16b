/** Three hundred characters and a column beside them, as a hit of a real text has; the same as a vector lake's rows. */
export function documentOf(row: number): { id: string; body: string; category: number } {
  return {
    id: `a${row}`,
    body: `a ${row}${" the quick brown fox jumps over it".repeat(9)}`,
    category: row % 10,
  };
}
