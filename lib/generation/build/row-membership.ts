/** Whether a row id is in an ascending list, asked in ascending order. */
export function createMembership(ascending: Float64Array): (rowId: number) => boolean {
  let position = 0;
  return (rowId) => {
    while ((ascending[position] ?? Number.POSITIVE_INFINITY) < rowId) position += 1;
    return ascending[position] === rowId;
  };
}
