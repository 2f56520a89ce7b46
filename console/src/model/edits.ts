/** What an operator does to the graph of a journey. Every edit keeps all ways that it is not about. */
import { type Fields, fieldsOf, isFields, type Json, listOf } from "./json.ts";
import {
  type Edge, edgesOf, END, freeName, type Journey, mainWay, placeOf, relinked, type Step, waysOut,
} from "./journey.ts";

/** A place between two steps: a way out of a step, or the entry. */
export type Spot = { from: string; field: string } | "entry";

const key = (from: string, field: string): string => `${from}\n${field}`;

/** Where all ways lead, with some of them changed. */
function wanting(edges: readonly Edge[], changes: Iterable<[string, string]>): (from: string, field: string) => string | undefined {
  const map = new Map(edges.map((edge) => [key(edge.from, edge.field), edge.to]));
  for (const [each, to] of changes) map.set(each, to);
  return (from, field) => map.get(key(from, field));
}

function targetAt(journey: Journey, spot: Spot): string {
  if (spot === "entry") return journey.steps[0]?.name ?? END;
  return edgesOf(journey).find((edge) => edge.from === spot.from && edge.field === spot.field)?.to ?? END;
}

/** A new step at a spot: the way there leads to it, and its own ways to where that led. */
export function insert(journey: Journey, spot: Spot, step: Step): Journey {
  const before = edgesOf(journey);
  const target = targetAt(journey, spot);
  const place = spot === "entry" ? 0 : placeOf(journey, spot.from) + 1;
  const steps = [...journey.steps.slice(0, place), step, ...journey.steps.slice(place)];
  const changes: [string, string][] = waysOut(step)
    .filter((way) => way.field !== "to" && way.named === null)
    .map((way) => [key(step.name, way.field), target]);
  if (spot !== "entry") changes.push([key(spot.from, spot.field), step.name]);
  return { ...journey, steps: relinked(steps, wanting(before, changes)) };
}

/** The journey without a step: whatever led to it leads on to where it went by its main way. */
export function remove(journey: Journey, name: string): Journey {
  const before = edgesOf(journey);
  const onward = onwardOf(before, journey, name);
  let steps = journey.steps.filter((step) => step.name !== name);
  const first = journey.steps[0]?.name;
  if (first === name) steps = withFirst(steps, onward);
  const changes: [string, string][] = before
    .filter((edge) => edge.to === name && edge.from !== name)
    .map((edge) => [key(edge.from, edge.field), onward]);
  const kept = before.filter((edge) => edge.from !== name);
  return { ...journey, steps: relinked(steps, wanting(kept, changes)) };
}

function onwardOf(edges: readonly Edge[], journey: Journey, name: string): string {
  const step = journey.steps.find((one) => one.name === name);
  const main = step && mainWay(step);
  const onward = edges.find((edge) => edge.from === name && edge.field === main)?.to ?? END;
  return onward === name ? END : onward;
}

/** People start at the first step in the list, so another start is another order. */
function withFirst(steps: Step[], name: string): Step[] {
  const first = steps.find((step) => step.name === name);
  return first ? [first, ...steps.filter((step) => step !== first)] : steps;
}

/** A step taken from where it stands and put at another spot; its ways beside the main one stay. */
export function move(journey: Journey, name: string, spot: Spot): Journey {
  const step = journey.steps.find((one) => one.name === name);
  const stays = spot !== "entry" && spot.from === name;
  if (!step || stays || targetAt(journey, spot) === name || journey.steps.length < 2) return journey;
  const edges = edgesOf(journey);
  const taken = remove(journey, name);
  const target = targetAt(taken, spot);
  const place = spot === "entry" ? 0 : placeOf(taken, spot.from) + 1;
  const steps = [...taken.steps.slice(0, place), step, ...taken.steps.slice(place)];
  const main = mainWay(step);
  const own = edges.filter((edge) => edge.from === name);
  const changes: [string, string][] = own.map((edge) => [
    key(name, edge.field),
    edge.field === main ? target : edge.to,
  ]);
  if (spot !== "entry") changes.push([key(spot.from, spot.field), name]);
  return { ...journey, steps: relinked(steps, wanting(edgesOf(taken), changes)) };
}

/** One way led to another step, or to the end. */
export function connect(journey: Journey, from: string, field: string, to: string): Journey {
  const change: [string, string] = [key(from, field), to];
  return { ...journey, steps: relinked(journey.steps, wanting(edgesOf(journey), [change])) };
}

/** A copy of a step right behind it. */
export function duplicate(journey: Journey, name: string): Journey {
  const step = journey.steps.find((one) => one.name === name);
  const main = step && mainWay(step);
  if (!step || !main) return journey;
  const bare = waysOut(step).reduce<Step>(
    (copy, way) => (way.field === "to" ? copy : (relinkedAway(copy, way.field) as Step)),
    { ...step, name: freeName(journey, name) },
  );
  return insert(journey, { from: name, field: main }, bare);
}

function relinkedAway(step: Step, field: string): Step {
  const [list, place] = [/^\w+/.exec(field)?.[0] ?? "", /\[(\d+)\]/.exec(field)?.[1]];
  if (place === undefined) {
    const { [field]: _, ...rest } = step;
    return rest as Step;
  }
  const items = listOf(step[list]).map((one, index) => {
    if (index !== Number(place)) return one;
    const { next: _, ...rest } = fieldsOf(one);
    return rest;
  });
  return { ...step, [list]: items } as Step;
}

/** One step written anew, under the same name. Its ways lead where the new text says. */
export function replaceStep(journey: Journey, name: string, step: Step): Journey {
  return { ...journey, steps: journey.steps.map((one) => (one.name === name ? step : one)) };
}

/** A step under another name, with all ways to it and whatever listens to its messages. */
export function rename(journey: Journey, name: string, to: string): Journey {
  if (name === to || !to || to === END || placeOf(journey, to) >= 0) return journey;
  const renamed = journey.steps.map((step) => {
    const linked = waysOut(step).reduce<Step>(
      (one, way) => (way.named === name ? ledTo(one, way.field, to) : one),
      step,
    );
    return linked.name === name ? { ...linked, name: to } : linked;
  });
  return heard({ ...journey, steps: renamed }, name, to);
}

function ledTo(step: Step, field: string, to: string): Step {
  const inner = /^(\w+)\[(\d+)\]\.(\w+)$/.exec(field);
  if (!inner) return { ...step, [field]: to };
  const [, list = "", place = "0", name = ""] = inner;
  const items = listOf(step[list]).map((one, index) =>
    index === Number(place) ? { ...fieldsOf(one), [name]: to } : one,
  );
  return { ...step, [list]: items } as Step;
}

/** Rules about what Rapport tells by itself (`$message_sent`) name steps, too. */
function heard(journey: Journey, name: string, to: string): Journey {
  const own = journey.journey_id;
  const rule = (value: Json): Json => {
    if (Array.isArray(value)) return value.map(rule);
    if (!isFields(value)) return value;
    const where = fieldsOf(value.where);
    const about = typeof value.event === "string" && value.event.startsWith("$") && where.step === name;
    const elsewhere = typeof where.journey_id === "string" && where.journey_id !== own;
    return about && !elsewhere ? { ...value, where: { ...where, step: to } } : value;
  };
  const told: Fields = { ...journey };
  for (const field of ["exit_on", "goal"]) {
    if (field in told) told[field] = rule(told[field] as Json);
  }
  told.steps = journey.steps.map((step) => (step.events ? { ...step, events: rule(step.events) } : step));
  return told as Journey;
}
