import { expect, test } from "vitest";
import { DomainError } from "../errors/domain-error.ts";
import { createTimelyEmbedder } from "./timely-embedder.ts";

const index = { embedderId: "e:m@1", dimension: 2 };
const vector = Float32Array.of(1, 0);
const down = new DomainError({ kind: "unavailable", type: "provider-failed", message: "It is down." });

/** An embedder whose every answer is given by hand; `asked` holds the calls that wait for theirs. */
function byHand(patienceMs: number) {
  const asked: PromiseWithResolvers<Float32Array>[] = [];
  const embed = () => {
    const answer = Promise.withResolvers<Float32Array>();
    asked.push(answer);
    return answer.promise;
  };
  return { asked, timely: createTimelyEmbedder({ embed }, patienceMs) };
}

test("a vector that comes in time is the query's", async () => {
  const { asked, timely } = byHand(60_000);
  const answer = timely("q", index);
  asked[0]?.resolve(vector);
  expect(await answer).toEqual({ vector });
});

test("while the embedder fails one query asks it and none waits, and after it has answered they do again", async () => {
  const { asked, timely } = byHand(60_000);
  const first = timely("q", index);
  asked[0]?.reject(down);
  expect(await first).toEqual({ failure: "It is down." });
  for (const query of ["a", "b", "c"]) expect(await timely(query, index)).toEqual({ failure: "It is down." });
  expect(asked).toHaveLength(2);
  asked[1]?.resolve(vector);
  await asked[1]?.promise;
  const later = timely("q", index);
  asked[2]?.resolve(vector);
  expect(await later).toEqual({ vector });
});

test("an embedder that is late is not asked again before it has answered", async () => {
  const { asked, timely } = byHand(10);
  const failure = "e:m@1 has not answered within 10 ms.";
  expect(await timely("q", index)).toEqual({ failure });
  expect(await timely("q", index)).toEqual({ failure });
  expect(asked).toHaveLength(1);
  const other = timely("q", { ...index, embedderId: "other:m@1" });
  asked[1]?.resolve(vector);
  expect(await other).toEqual({ vector });
});

test("words alone rank also where the file of models is to blame", async () => {
  for (const type of ["provider-host-unknown", "provider-model-missing"]) {
    const { asked, timely } = byHand(60_000);
    const answer = timely("q", index);
    asked[0]?.reject(new DomainError({ kind: "not-found", type, message: "It is not there." }));
    expect(await answer).toEqual({ failure: "It is not there." });
  }
});

test("what no retry mends is thrown, also by the first query after one that nobody waited for", async () => {
  const changed = new DomainError({ kind: "conflict", type: "embedder-changed", message: "Another build." });
  const { asked, timely } = byHand(60_000);
  const first = timely("q", index);
  asked[0]?.reject(down);
  await first;
  await timely("q", index);
  asked[1]?.reject(changed);
  await expect(asked[1]?.promise).rejects.toBe(changed);
  const next = timely("q", index);
  asked[2]?.reject(changed);
  await expect(next).rejects.toBe(changed);
});
