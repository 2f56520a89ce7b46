/**
 * A journey as the canvas holds it: the document itself, never a copy of a part of it.
 *
 * Everything that is shown is read off the document, and everything that is done gives another
 * document. So a field that the canvas does not know stays where it is.
 */
import { type Fields, fieldsOf, type Json, listOf, withItem } from "./json.ts";

export const END = "end";

export type Step = Fields & { type: string; name: string };
export type Journey = Fields & { journey_id: string; title: string; entry: Fields; steps: Step[] };

/** The kinds of steps in the order of the palette. */
export const KINDS = [
  "send", "feedback", "wait", "wait_for", "branch", "experiment", "repeat",
  "update", "reward", "assign", "webhook", "start_journey", "exit",
] as const;
export type Kind = (typeof KINDS)[number];

/** One way out of a step: the place in the step that names where it leads, and what it names. */
export interface Way {
  field: string;
  named: string | null;
}

const SINGLE: Record<string, string[]> = {
  wait_for: ["on_event", "on_timeout"],
  assign: ["on_done", "on_overdue"],
  repeat: ["to", "next"],
  exit: [],
};
/** Steps with ways in a list, and the way that follows these. */
const FORKS: Record<string, [list: string, then: string | null]> = {
  branch: ["arms", "otherwise"],
  experiment: ["variants", null],
  feedback: ["answers", "on_timeout"],
};

function named(value: Json | undefined): string | null {
  return typeof value === "string" ? value : null;
}

/** Every way out of a step, in the order of its fields; a kind that nobody knows goes on by `next`. */
export function waysOut(step: Fields): Way[] {
  const fork = FORKS[String(step.type)];
  if (fork) {
    const [list, then] = fork;
    const ways = listOf(step[list]).map((one, place) => ({
      field: `${list}[${place}].next`,
      named: named(fieldsOf(one).next),
    }));
    return then ? [...ways, { field: then, named: named(step[then]) }] : ways;
  }
  if (step.type === "wait") {
    // Where a wait has no way of its own past a date, its `next` is that too.
    const past = named(step.otherwise);
    return [{ field: "next", named: named(step.next) }, ...(past === null ? [] : [{ field: "otherwise", named: past }])];
  }
  return (SINGLE[String(step.type)] ?? ["next"]).map((field) => ({ field, named: named(step[field]) }));
}

/** The way that people go on by when nothing special happens: where the step is not there, they go it. */
export function mainWay(step: Fields): string | null {
  const fields = waysOut(step).map((way) => way.field);
  const usual = step.type === "branch" ? ["otherwise"] : ["next", "on_done", "on_event"];
  return usual.find((field) => fields.includes(field)) ?? fields[0] ?? null;
}

const INDEXED = /^(\w+)\[(\d+)\]\.(\w+)$/;

/** A step with one of its ways leading somewhere; `null` takes the name away. */
export function led(step: Step, field: string, target: string | null): Step {
  const inner = INDEXED.exec(field);
  if (inner) {
    const [, list = "", place = "0", name = ""] = inner;
    const items = listOf(step[list]);
    const item = put(fieldsOf(items[Number(place)]), name, target);
    return { ...step, [list]: withItem(items, Number(place), item) };
  }
  return put(step, field, target) as Step;
}

function put(fields: Fields, name: string, target: string | null): Fields {
  if (target !== null) return { ...fields, [name]: target };
  const { [name]: _, ...rest } = fields;
  return rest;
}

export function placeOf(journey: Journey, name: string): number {
  return journey.steps.findIndex((step) => step.name === name);
}

export function stepNamed(journey: Journey, name: string): Step | undefined {
  return journey.steps.find((step) => step.name === name);
}

/** Where a way that names nothing leads: to the step below in the list, or to the end. */
export function below(steps: readonly Step[], place: number): string {
  return steps[place + 1]?.name ?? END;
}

/** An arrow of the canvas. */
export interface Edge {
  from: string;
  field: string;
  to: string;
}

/** Every way of a journey with the step that it leads to. */
export function edgesOf(journey: Journey): Edge[] {
  return journey.steps.flatMap((step, place) =>
    waysOut(step).map((way) => ({
      from: step.name,
      field: way.field,
      to: way.named ?? below(journey.steps, place),
    })),
  );
}

/**
 * The steps with every way leading where it is wanted to. A way that leads there already, named or
 * not, is left as it is written; one that would lead elsewhere names its step, unless that is the one below.
 */
export function relinked(steps: readonly Step[], wanted: (from: string, field: string) => string | undefined): Step[] {
  return steps.map((step, place) => {
    const natural = below(steps, place);
    return waysOut(step).reduce((linked, way) => {
      const target = wanted(step.name, way.field);
      if (target === undefined || target === (way.named ?? natural)) return linked;
      const must = way.field === "to" || (step.type === "wait" && way.field === "otherwise");
      return led(linked, way.field, target === natural && !must ? null : target);
    }, step);
  });
}

/** The first of `base`, `base 2`, `base 3` … that no step is called. */
export function freeName(journey: Journey, base: string): string {
  const taken = new Set([...journey.steps.map((step) => step.name), END]);
  for (let number = 1; ; number += 1) {
    const name = number === 1 ? base : `${base} ${number}`;
    if (!taken.has(name)) return name;
  }
}
