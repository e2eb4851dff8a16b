import { once } from "node:events";
import { parseArgs } from "node:util";
import { createRandom } from "./create-random.ts";

const topics: Record<string, { subjects: string[]; verbs: string[]; objects: string[]; places: string[] }> = {
  sailing: {
    subjects: ["the skipper", "a young crew", "the harbour pilot", "an old ketch", "the race committee"],
    verbs: ["reefed", "steered past", "rigged", "anchored beside", "repaired"],
    objects: [
      "the torn mainsail",
      "a drifting buoy",
      "the wooden mast",
      "the leeward mark",
      "a narrow channel",
    ],
    places: ["off the northern cape", "in the outer harbour", "under a falling barometer", "at slack tide"],
  },
  cooking: {
    subjects: [
      "the head cook",
      "my grandmother",
      "an apprentice baker",
      "the market stall",
      "a travelling chef",
    ],
    verbs: ["simmered", "kneaded", "seasoned", "served", "preserved"],
    objects: ["a pot of lentils", "the sourdough", "roasted peppers", "a lemon tart", "pickled herring"],
    places: ["over a wood fire", "in a copper pan", "before the evening rush", "with fresh thyme"],
  },
  astronomy: {
    subjects: [
      "the survey telescope",
      "a patient observer",
      "the research team",
      "an orbiting probe",
      "the old catalogue",
    ],
    verbs: ["measured", "photographed", "recorded", "predicted", "mapped"],
    objects: [
      "a faint comet",
      "the double star",
      "the shadow of a moon",
      "a distant galaxy",
      "the solar flare",
    ],
    places: [
      "above the desert plateau",
      "through thin cloud",
      "during the long exposure",
      "near the ecliptic",
    ],
  },
  railways: {
    subjects: ["the signal box", "a night express", "the track gang", "the dispatcher", "a retired engine"],
    verbs: ["delayed", "coupled", "inspected", "rerouted", "whistled at"],
    objects: [
      "the freight wagons",
      "a worn switch",
      "the branch line",
      "the iron viaduct",
      "the morning service",
    ],
    places: ["south of the junction", "in heavy snow", "beside the coal yard", "at platform seven"],
  },
  gardening: {
    subjects: [
      "the head gardener",
      "a neighbour",
      "the seed library",
      "a school class",
      "the orchard keeper",
    ],
    verbs: ["pruned", "watered", "transplanted", "labelled", "sheltered"],
    objects: [
      "the espaliered pears",
      "a row of beans",
      "the climbing roses",
      "young cabbages",
      "the compost heap",
    ],
    places: ["behind the glasshouse", "after the last frost", "along the brick wall", "in sandy soil"],
  },
  banking: {
    subjects: [
      "the branch manager",
      "an auditor",
      "the credit union",
      "a careful investor",
      "the clearing house",
    ],
    verbs: ["approved", "reconciled", "questioned", "transferred", "insured"],
    objects: [
      "the mortgage",
      "a disputed invoice",
      "the quarterly ledger",
      "foreign currency",
      "the pension fund",
    ],
    places: ["before the deadline", "under the new rules", "at a fixed rate", "without a signature"],
  },
};

const openings = [
  "Last spring",
  "On Tuesday",
  "By all accounts",
  "For the third time",
  "Quite unexpectedly",
  "Years later",
];
const closings = [
  "and nobody had expected it",
  "which the local paper reported at length",
  "although the weather was against them",
  "because the plan left no other choice",
  "and the notes of that day still exist",
];
// About what a short abstract or a product description has.
const textLengthMin = 240;
const flushLength = 1 << 18;

/**
 * Writes a deterministic CSV of short English texts to standard output:
 * `node examples/generate-texts.ts --rows 100000 --seed 1 > texts.csv`
 */
const { values } = parseArgs({
  options: { rows: { type: "string", default: "1000" }, seed: { type: "string", default: "1" } },
});
await writeTexts(Number(values.rows), Number(values.seed));

async function writeTexts(rowCount: number, seed: number): Promise<void> {
  if (!Number.isSafeInteger(rowCount) || rowCount < 0 || !Number.isSafeInteger(seed)) {
    throw new Error("Usage: generate-texts.ts --rows <whole number> --seed <whole number>");
  }
  const random = createRandom(seed);
  const categories = Object.keys(topics);
  let block = "id,text,category\n";
  for (let id = 1; id <= rowCount; id++) {
    const category = pick(categories, random);
    block += `${id},"${renderText(category, random)}",${category}\n`;
    if (block.length < flushLength) continue;
    await write(block);
    block = "";
  }
  await write(block);
}

function renderText(category: string, random: () => number): string {
  let text = "";
  while (text.length < textLengthMin) text += `${text === "" ? "" : " "}${renderSentence(category, random)}`;
  return text;
}

function renderSentence(category: string, random: () => number): string {
  const { subjects, verbs, objects, places } = topics[category]!;
  const clause = `${pick(subjects, random)} ${pick(verbs, random)} ${pick(objects, random)} ${pick(places, random)}`;
  const count = random() % 5 === 0 ? `, ${2 + (random() % 40)} times in all,` : ",";
  return `${pick(openings, random)} ${clause}${count} ${pick(closings, random)}.`;
}

function pick<Item>(items: readonly Item[], random: () => number): Item {
  return items[random() % items.length]!;
}

async function write(block: string): Promise<void> {
  if (!process.stdout.write(block)) await once(process.stdout, "drain");
}
