import {
  type Faker,
  fakerDE,
  fakerEN_GB,
  fakerEN_US,
  fakerES,
  fakerFR,
  fakerIT,
  fakerNL,
  fakerPL,
  fakerPT_BR,
  fakerSV,
} from "@faker-js/faker";
import { harmlessColumns } from "./labelled-harmless.ts";
import { sensitiveColumns } from "./labelled-sensitive.ts";

/** A column as it comes out of some company's file, with what a person who read it would say it holds. */
export interface LabelledColumn {
  name: string;
  values: string[];
  kinds: string[];
}

/** How one kind of column is made: names that people give it, and one value of it. */
export interface ColumnRecipe {
  kinds: string[];
  names: readonly string[];
  /** Whether only the values can tell: such columns get names that say nothing, too. */
  anonymous?: boolean;
  value(faker: Faker, row: number): string;
}

const locales = [fakerEN_US, fakerEN_US, fakerEN_GB, fakerDE, fakerFR, fakerES];
/** Of languages that nobody looked at while the detectors were written. */
const unseenLocales = [fakerIT, fakerNL, fakerPL, fakerPT_BR, fakerSV];
const silentNames = ["col_3", "field7", "value", "data", "F12", "attr_a", "Unnamed: 4", "v"];
const missing = ["", "N/A", "null", "-", "unknown", "NULL", "n/a"];

/** The same columns for the same seed: every recipe `variants` times, each in one locale, with a company's own mess. */
export function labelledColumns(options: {
  seed: number;
  variants: number;
  rows: number;
  unseen: boolean;
}): LabelledColumn[] {
  const spoken = options.unseen ? unseenLocales : locales;
  for (const [offset, faker] of [...spoken, fakerEN_US].entries()) faker.seed(options.seed + offset);
  const chance = fakerEN_US;
  return [...sensitiveColumns, ...harmlessColumns].flatMap((recipe) =>
    Array.from({ length: options.variants }, (_, variant) => {
      const faker = spoken[variant % spoken.length]!;
      const isSilent = recipe.anonymous === true && variant % 3 === 2;
      const written = chance.helpers.arrayElement(isSilent ? silentNames : recipe.names);
      const missingShare = chance.helpers.arrayElement([0, 0.05, 0.3]);
      const isPadded = chance.datatype.boolean(0.2);
      const values = Array.from({ length: options.rows }, (_, row) => {
        if (chance.datatype.boolean(missingShare)) return chance.helpers.arrayElement(missing);
        const value = recipe.value(faker, row);
        return isPadded && row % 4 === 0 ? `  ${value} ` : value;
      });
      return { name: restyle(chance, written), values, kinds: recipe.kinds };
    }),
  );
}

/** Companies write one name in many ways. */
function restyle(chance: Faker, name: string): string {
  const words = name.split(" ");
  const title = words.map((word) => word.charAt(0).toUpperCase() + word.slice(1));
  return chance.helpers.arrayElement([
    words.join("_"),
    words.join("_").toUpperCase(),
    title.join(" "),
    title.join(""),
    words[0] + title.slice(1).join(""),
    words.join("-"),
  ]);
}
