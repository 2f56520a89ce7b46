/** What the workspace has that journeys can name, as operators call it. */
import { type Fields, fieldsOf, isFields, type Json, type Language, listOf, textOf } from "./json.ts";

export interface Option {
  id: string;
  title: Record<Language, string>;
  detail: string;
}

export interface Names {
  templates: Option[];
  segments: Option[];
  tags: Option[];
  lists: Option[];
  stages: Option[];
  journeys: Option[];
  events: string[];
  traits: string[];
}

export const NO_NAMES: Names = {
  templates: [], segments: [], tags: [], lists: [], stages: [], journeys: [], events: [], traits: [],
};

export interface Answers {
  templates: Fields[];
  segments: Fields[];
  tags: Fields[];
  lists: Fields[];
  lifecycle: Fields;
  journeys: Fields[];
}

function option(document: Fields, id: string, detail = ""): Option {
  const name = textOf(document[id]);
  const title = textOf(document.title) || name;
  return { id: name, title: { en: title, zh: textOf(document.title_zh) || title }, detail };
}

/** Reads the names off the answers of the admin API. */
export function namesOf(answers: Answers): Names {
  const inner = (rows: Fields[], field: string): Fields[] => rows.map((row) => fieldsOf(row[field]));
  const lifecycle = fieldsOf(answers.lifecycle.lifecycle);
  const stages = listOf(lifecycle.stages).map((stage) => option(fieldsOf(stage), "stage"));
  const otherwise = textOf(lifecycle.otherwise);
  if (otherwise) {
    const title = textOf(lifecycle.otherwise_title) || otherwise;
    stages.push({ id: otherwise, title: { en: title, zh: textOf(lifecycle.otherwise_title_zh) || title }, detail: "" });
  }
  const all = [answers.journeys, answers.segments, answers.tags, lifecycle] as Json[];
  return {
    templates: inner(answers.templates, "template").map((one) => option(one, "template_id", textOf(one.channel))),
    segments: inner(answers.segments, "segment").map((one) => option(one, "segment_id")),
    tags: inner(answers.tags, "tag").map((one) => option(one, "tag_id", textOf(fieldsOf(one.how).type))),
    lists: inner(answers.lists, "list").map((one) => option(one, "list_id")),
    journeys: inner(answers.journeys, "journey").map((one) => option(one, "journey_id", textOf(fieldsOf(one.entry).type))),
    stages,
    events: [...found(all, "event")].filter((name) => !name.startsWith("$")).sort(),
    traits: [...found(all, "trait")].sort(),
  };
}

/** Every text under a name anywhere in a value. */
function found(value: Json, name: string, into = new Set<string>()): Set<string> {
  if (Array.isArray(value)) for (const one of value) found(one, name, into);
  else if (isFields(value)) {
    for (const [key, one] of Object.entries(value)) {
      if (key === name && typeof one === "string" && one) into.add(one);
      else found(one, name, into);
    }
  }
  return into;
}

/** What operators call it; its id where nobody knows it. */
export function titleOf(options: readonly Option[], id: string, language: Language): string {
  return options.find((one) => one.id === id)?.title[language] ?? id;
}
