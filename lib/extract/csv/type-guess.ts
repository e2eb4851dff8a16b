import { type CsvType, narrowTypes, possibleTypes } from "./value-type.ts";

/** Narrows the type of each column by the sample rows it is shown. */
export class TypeGuess {
  readonly #possible: (Set<CsvType> | undefined)[];

  constructor(columnCount: number) {
    this.#possible = Array.from({ length: columnCount }, () => undefined);
  }

  see(fields: readonly (string | null)[]): void {
    for (const [column, value] of fields.entries()) {
      if (value === null) continue;
      const before = this.#possible[column];
      if (before?.size === 0) continue;
      const types = possibleTypes(value);
      this.#possible[column] = before === undefined ? types : before.intersection(types);
    }
  }

  /** The narrowest type that every seen value fits; text where no value was seen. */
  types(): CsvType[] {
    return this.#possible.map((possible) => narrowTypes.find((type) => possible?.has(type)) ?? "varchar");
  }
}
