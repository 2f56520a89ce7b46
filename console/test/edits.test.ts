import assert from "node:assert/strict";
import { test } from "node:test";
import { connect, insert, move, remove, rename } from "../src/model/edits.ts";
import { edgesOf, type Journey } from "../src/model/journey.ts";
import { layoutOf } from "../src/model/layout.ts";

const tea: Journey = {
  journey_id: "tea", title: "Tea", entry: { type: "event", event: "signed_up" },
  steps: [
    { type: "send", name: "hello", template_id: "hello" },
    { type: "wait_for", name: "order", events: [{ event: "ordered" }], timeout: "P3D", on_event: "end", unheard_of: { deep: [1] } },
    { type: "wait", name: "rest", duration: "P1D" },
    { type: "send", name: "offer", template_id: "offer" },
  ],
};
const ways = (journey: Journey): string[] => edgesOf(journey).map((edge) => `${edge.from}.${edge.field} > ${edge.to}`);

test("a step goes into the way that it was put on, and no other way changes", () => {
  const edited = insert(tea, { from: "order", field: "on_event" }, { type: "reward", name: "thanks", points: 5 });
  assert.deepEqual(ways(edited), [
    "hello.next > order", "order.on_event > thanks", "order.on_timeout > rest",
    "thanks.next > end", "rest.next > offer", "offer.next > end",
  ]);
  assert.deepEqual(edited.steps[1]?.unheard_of, { deep: [1] });
  assert.deepEqual(ways(remove(edited, "thanks")), ways(tea));
});

test("without a step people go on by its main way, and start where they would have come to next", () => {
  assert.deepEqual(ways(remove(tea, "order")), ["hello.next > end", "rest.next > offer", "offer.next > end"]);
  assert.equal(remove(tea, "hello").steps[0]?.name, "order");
});

test("a step that is moved is left out where it stood", () => {
  assert.deepEqual(ways(move(tea, "offer", { from: "hello", field: "next" })), [
    "hello.next > offer", "offer.next > order", "order.on_event > end", "order.on_timeout > rest", "rest.next > end",
  ]);
  assert.equal(move(tea, "rest", "entry").steps[0]?.name, "rest");
});

test("a way that leads to the step below names nothing", () => {
  const back = connect(connect(tea, "hello", "next", "offer"), "hello", "next", "order");
  assert.deepEqual(back, tea);
});

test("a new name is known to ways and to rules about messages", () => {
  const listening: Journey = { ...tea, exit_on: [{ event: "$message_sent", where: { step: "offer" } }] };
  const renamed = rename(connect(listening, "order", "on_event", "offer"), "offer", "last offer");
  assert.equal(ways(renamed)[1], "order.on_event > last offer");
  assert.deepEqual(renamed.exit_on, [{ event: "$message_sent", where: { step: "last offer" } }]);
});

test("every step and every way has its place on the canvas", () => {
  const drawn = layoutOf(tea);
  assert.equal(drawn.arrows.length, edgesOf(tea).length + 1);
  for (const node of drawn.nodes) assert.ok(Number.isFinite(node.x) && Number.isFinite(node.y), node.id);
});
