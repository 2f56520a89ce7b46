// Answers line by line what the canvas makes of a document, for tests in another language.
import { createInterface } from "node:readline";
import { gapsOf } from "../../console/src/model/begin.ts";
import { isoOf, said, understood } from "../../console/src/model/duration.ts";
import { connect, duplicate, insert, move, remove, rename } from "../../console/src/model/edits.ts";
import { edgesOf, relinked } from "../../console/src/model/journey.ts";
import { layoutOf } from "../../console/src/model/layout.ts";
import { NO_NAMES } from "../../console/src/model/names.ts";
import { entryText, stepText, wayText } from "../../console/src/model/summary.ts";
import { journeysIn, yamlOf } from "../../console/src/model/yaml.ts";

const edits = { connect, duplicate, insert, move, remove, rename };

function shown(journey) {
  const edges = edgesOf(journey);
  const drawn = layoutOf(journey);
  const texts = ["en", "zh"].flatMap((language) => [
    entryText(journey.entry, NO_NAMES, language),
    ...journey.steps.map((step) => stepText(step, NO_NAMES, language)),
    ...edges.map((edge) => wayText(journey.steps.find((step) => step.name === edge.from), edge.field, NO_NAMES, language)),
  ]);
  const led = (from, field) => edges.find((edge) => edge.from === from && edge.field === field)?.to;
  return {
    edges: edges.map((edge) => [edge.from, edge.field, edge.to]),
    written: { ...journey, steps: relinked(journey.steps, led) },
    yaml: yamlOf(journey),
    read: journeysIn(yamlOf(journey))[0],
    gaps: gapsOf(journey).map((gap) => gap.path),
    drawn: drawn.nodes.filter((node) => node.kind === "step").map((node) => node.name),
    arrows: drawn.arrows.length,
    texts,
  };
}

const answers = {
  show: ([journey]) => shown(journey),
  edit: ([name, ...given]) => edits[name](...given),
  duration: ([iso]) => {
    const seconds = understood(iso);
    if (seconds === null) return { seconds };
    return { seconds, again: ["en", "zh"].map((language) => understood(said(iso, language))), iso: isoOf(seconds) };
  },
};

for await (const line of createInterface({ input: process.stdin })) {
  const [what, ...given] = JSON.parse(line);
  process.stdout.write(`${JSON.stringify(answers[what](given))}\n`);
}
