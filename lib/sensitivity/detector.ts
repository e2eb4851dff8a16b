import type { NameHints } from "./name-words.ts";
import type { SensitiveKind } from "./sensitive-kind.ts";

/** How one kind of sensitive value is known: by the column's name with values that fit it, or by the values alone. */
export interface Detector {
  kind: SensitiveKind;
  hints: NameHints;
  /** Words of a name that say it is something else: an email_count is no email. */
  denied: readonly string[];
  /** Whether a value may be one where the name says that it is. */
  fits(value: string): boolean;
  /** Absent where values alone say nothing. */
  alone?: ValueRule;
}

export interface ValueRule {
  /** Whether a value has the shape; those that have it and are none count against the column. */
  looksLike(value: string): boolean;
  /** Whether it is one; everything that it accepts must look like one. */
  isOne(value: string): boolean;
  /** The part of the look-alikes that must be real: nothing is known below `none`, all above `all`. */
  precision: { none: number; all: number };
  /** From this part of all values on, more of them make nothing surer. */
  shareFull: number;
  /** How sure the values can make at most. */
  sureness: number;
  /** Names of things that only look like it. */
  deniedAlone: readonly string[];
}
