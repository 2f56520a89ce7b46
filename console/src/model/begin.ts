/** What a new step, rule or condition looks like, and what is still missing in a journey. */
import { KIND_WORDS, WORDS, type Word } from "../words.ts";
import type { Finding } from "./findings.ts";
import { type Fields, fieldsOf, isFields, type Json, type Language, listOf } from "./json.ts";
import { freeName, type Journey, type Kind, type Step } from "./journey.ts";
import type { Names } from "./names.ts";

/** A new step of a kind with a free name; `before` is the step that it comes after. */
export function newStep(kind: Kind, journey: Journey, names: Names, before: string, language: Language): Step {
  const name = freeName(journey, KIND_WORDS[kind].short[language]);
  const template = names.templates[0]?.id ?? "";
  const head = { type: kind, name };
  switch (kind) {
    case "send":
      return { ...head, template_id: template };
    case "wait":
      return { ...head, duration: "P1D" };
    case "wait_for":
      return { ...head, events: [{ event: "" }], timeout: "P3D" };
    case "branch":
      return { ...head, arms: [{ when: newCondition("trait") }] };
    case "experiment":
      return { ...head, variants: [{ name: "a", weight: 1 }, { name: "b", weight: 1 }] };
    case "repeat":
      return { ...head, to: before || name, times: 1 };
    case "update":
      return { ...head, traits: {} };
    case "reward":
      return { ...head, points: 100 };
    case "assign":
      return { ...head, to: "", title: "", due: "P1D" };
    case "webhook":
      return { ...head, url: "" };
    case "start_journey":
      return { ...head, journey_id: names.journeys.find((one) => one.detail === "call")?.id ?? "" };
    case "feedback":
      return { ...head, template_id: template, answers: [{ answer: language === "zh" ? "满意" : "good" }, { answer: language === "zh" ? "不满意" : "bad" }], timeout: "P3D" };
    case "exit":
      return { ...head, reason: "done" };
  }
}

export const CONDITIONS = ["trait", "segment", "tag", "event", "list", "lifecycle", "activity", "all", "any", "not"] as const;
export type ConditionKind = (typeof CONDITIONS)[number];

export function newCondition(kind: ConditionKind): Fields {
  switch (kind) {
    case "trait":
      return { type: "trait", trait: "", operator: "exists" };
    case "tag":
      return { type: "tag", tag_id: "", operator: "exists" };
    case "segment":
      return { type: "segment", segment_id: "" };
    case "list":
      return { type: "list", list_id: "" };
    case "lifecycle":
      return { type: "lifecycle", stages: [] };
    case "event":
      return { type: "event", event: "", comparison: "at_least", times: 1, within_days: 30 };
    case "activity":
      return { type: "activity", about: "silence_days", comparison: "at_least", value: 14 };
    case "not":
      return { type: "not", condition: newCondition("segment") };
    default:
      return { type: kind, conditions: [newCondition("trait")] };
  }
}

export function newEntry(type: string): Fields {
  switch (type) {
    case "segment":
      return { type, segment_id: "" };
    case "lifecycle":
      return { type, stage: "", edge: "entered" };
    case "schedule":
      return { type, segment_id: "", cron: "0 9 * * 1" };
    case "call":
      return { type };
    default:
      return { type: "event", event: "" };
  }
}

// Texts that may not be empty, with the words of their fields.
const NEEDED: Record<string, Word> = {
  template_id: "template", event: "event", segment_id: "segment", stage: "stage", tag_id: "tag", list_id: "list",
  trait: "trait", url: "url", journey_id: "journey", title: "assign_title", timeout: "timeout", due: "due",
  duration: "duration", answer: "answer", reason: "reason", coupon: "coupon_id", time: "time", at: "at",
};

// Their names are the operator's own.
const MAPS = new Set(["traits", "tags", "lists", "body", "properties", "values", "where"]);

/** What is empty and may not be, in the operator's language: the server would refuse it in its own. */
export function gapsOf(journey: Journey): Finding[] {
  const found: Finding[] = [];
  const say = (path: string, field: Word): void => {
    const named = WORDS[field];
    found.push({
      severity: "error", code: "gap", path, hint: null,
      message: {
        en: WORDS.gap_needed.en.replace("{field}", named.en),
        zh: WORDS.gap_needed.zh.replace("{field}", named.zh),
      },
    });
  };
  const look = (value: Json, path: string): void => {
    if (Array.isArray(value)) value.forEach((one, place) => look(one, `${path}[${place}]`));
    else if (isFields(value)) {
      for (const [name, one] of Object.entries(value)) {
        if (MAPS.has(name) && isFields(one)) {
          if ("" in one) say(`${path}.${name}`, "property");
          continue;
        }
        const needed = Object.hasOwn(NEEDED, name) ? NEEDED[name] : undefined;
        if (one === "" && needed) say(`${path}.${name}`, needed);
        else look(one, `${path}.${name}`);
      }
    }
  };
  if (!journey.title) say("title", "title");
  look(journey.entry, "entry");
  look(listOf(journey.exit_on), "exit_on");
  look(journey.goal ?? null, "goal");
  journey.steps.forEach((step, place) => {
    look(step, `steps[${place}]`);
    gapsOfStep(step).forEach(([field, words]) => say(`steps[${place}].${field}`, words));
  });
  if (!journey.steps.length) {
    found.push({ severity: "error", code: "gap", path: "steps", hint: null, message: WORDS.gap_steps });
  }
  return found;
}

function gapsOfStep(step: Step): [string, Word][] {
  const empty = (name: string): boolean => Object.keys(fieldsOf(step[name])).length === 0;
  if (step.type === "update" && empty("traits") && empty("tags") && empty("lists")) return [["traits", "traits"]];
  if (step.type === "assign" && !step.to) return [["to", "assign_to"]];
  if (step.type === "wait_for" && !listOf(step.events).length) return [["events", "listens"]];
  return [];
}
