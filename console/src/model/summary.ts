/** Steps, rules and conditions in a few words, for cards and arrows. */
import { channelWord, OPERATOR_WORDS, type Word, word } from "../words.ts";
import { said } from "./duration.ts";
import { type Fields, fieldsOf, isFields, type Json, type Language, listOf, textOf } from "./json.ts";
import type { Step } from "./journey.ts";
import { type Names, titleOf } from "./names.ts";

const both = (language: Language, en: string, zh: string): string => (language === "zh" ? zh : en);
const quoted = (text: string, language: Language): string => both(language, `“${text}”`, `“${text}”`);

/** A value as people read it; `{entry: x}` is what the entry had. */
export function valueText(value: Json | undefined, language: Language): string {
  if (isFields(value) && typeof value.entry === "string") return both(language, `the entry's ${value.entry}`, `进入时的 ${value.entry}`);
  if (Array.isArray(value)) return value.map((one) => valueText(one, language)).join(both(language, ", ", "、"));
  return textOf(value);
}

function whereText(where: Json | undefined, language: Language): string {
  const parts = Object.entries(fieldsOf(where)).map(([name, value]) => `${name} = ${valueText(value, language)}`);
  return parts.length ? ` (${parts.join(", ")})` : "";
}

/** What a rule listens to: an event, or a move in or out of a segment or stage. */
export function ruleText(rule: Json | undefined, names: Names, language: Language): string {
  const fields = fieldsOf(rule);
  if ("segment_id" in fields) {
    const title = titleOf(names.segments, textOf(fields.segment_id), language) || "…";
    return fields.edge === "exited" ? both(language, `leaves ${title}`, `离开 ${title}`) : both(language, `enters ${title}`, `进入 ${title}`);
  }
  if ("stage" in fields) {
    const title = titleOf(names.stages, textOf(fields.stage), language) || "…";
    return fields.edge === "left" ? both(language, `is no longer ${title}`, `不再是 ${title}`) : both(language, `becomes ${title}`, `成为 ${title}`);
  }
  return `${textOf(fields.event) || "…"}${whereText(fields.where, language)}`;
}

/** What lets people in. */
export function entryText(entry: Fields, names: Names, language: Language): string {
  switch (entry.type) {
    case "call":
      return word(language, "entry_call");
    case "schedule": {
      const clock = textOf(entry.cron ?? entry.date ?? entry.lunar);
      const lunar = entry.lunar ? both(language, "lunar ", "农历 ") : "";
      return `${titleOf(names.segments, textOf(entry.segment_id), language)} · ${lunar}${clock} ${entry.cron ? "" : textOf(entry.time ?? "09:00")}`.trim();
    }
    default:
      return ruleText(entry, names, language);
  }
}

function untilText(until: Fields, language: Language): string {
  const time = textOf(until.time);
  if ("at" in until) return both(language, `until ${textOf(until.at)}`, `到 ${textOf(until.at)}`);
  if ("trait" in until) {
    const offset = textOf(until.offset ?? "P0D");
    const days = said(offset.replace(/^-/, ""), language);
    const none = days === said("PT0S", language);
    const early = offset.startsWith("-");
    const trait = textOf(until.trait) || "…";
    const side = none
      ? both(language, `on ${trait}`, `${trait} 当天`)
      : both(language, `${days} ${early ? "before" : "after"} ${trait}`, `${trait} ${early ? "前" : "后"} ${days}`);
    return both(language, `until ${side}, ${time}`, `到 ${side} ${time}`);
  }
  if ("weekdays" in until) {
    const days = listOf(until.weekdays).map((day) => word(language, day as Word)).join(both(language, ", ", "、"));
    return both(language, `until ${days} ${time}`, `到${days} ${time}`);
  }
  if ("usual_hour" in until) return both(language, `until the usual hour, else ${time}`, `到常活跃时段，否则 ${time}`);
  return both(language, `until ${time}`, `到 ${time}`);
}

/** A template with its channel. */
function templateText(id: string, names: Names, language: Language): string {
  if (!id) return word(language, "choose");
  const known = names.templates.find((one) => one.id === id);
  return known ? `${channelWord(known.detail, language)} · ${known.title[language]}` : id;
}

/** A step's second line on its card. */
export function stepText(step: Step, names: Names, language: Language): string {
  const joint = both(language, ", ", "、");
  switch (step.type) {
    case "send": {
      const fallback = listOf(step.fallback).map((id) => templateText(textOf(id), names, language));
      return [templateText(textOf(step.template_id), names, language), ...fallback].join(both(language, ", else ", "，否则 "));
    }
    case "feedback":
      return templateText(textOf(step.template_id), names, language);
    case "wait":
      return isFields(step.until) ? untilText(step.until, language) : said(textOf(step.duration), language);
    case "wait_for": {
      const rules = listOf(step.events).map((rule) => ruleText(rule, names, language)).join(both(language, " or ", " 或 "));
      return both(language, `${rules}, for ${said(textOf(step.timeout), language)} at most`, `${rules}，最多 ${said(textOf(step.timeout), language)}`);
    }
    case "branch": {
      const arms = listOf(step.arms).map((arm) => conditionText(fieldsOf(arm).when, names, language));
      return arms.join(both(language, "; else ", "；否则 "));
    }
    case "experiment":
      return listOf(step.variants).map((one) => textOf(fieldsOf(one).name)).join(both(language, " or ", " 或 "));
    case "repeat":
      return both(language, `back to ${quoted(textOf(step.to), language)}, ${textOf(step.times)} ×`, `返回${quoted(textOf(step.to), language)}，${textOf(step.times)} 次`);
    case "update": {
      const traits = Object.entries(fieldsOf(step.traits)).map(([name, value]) => `${name} = ${valueText(value, language)}`);
      const tags = Object.entries(fieldsOf(step.tags)).map(([id, value]) => `${titleOf(names.tags, id, language)} = ${textOf(value) || "–"}`);
      const lists = Object.entries(fieldsOf(step.lists)).map(([id, on]) => `${on ? "+" : "−"} ${titleOf(names.lists, id, language)}`);
      return [...traits, ...tags, ...lists].join(joint) || "…";
    }
    case "reward":
      return typeof step.points === "number" ? both(language, `${step.points} points`, `${step.points} 积分`) : both(language, `coupon ${textOf(step.coupon)}`, `优惠券 ${textOf(step.coupon)}`);
    case "webhook":
      return textOf(step.url).replace(/^https:\/\//, "") || "…";
    case "assign":
      return `${textOf(step.to) || "…"} · ${textOf(step.title)}`;
    case "start_journey":
      return titleOf(names.journeys, textOf(step.journey_id), language) || word(language, "choose");
    case "exit":
      return textOf(step.reason ?? "exit_step");
    default:
      return step.type;
  }
}

/** A condition in a few words; kinds without words of their own say what they are about. */
export function conditionText(condition: Json | undefined, names: Names, language: Language): string {
  const node = fieldsOf(condition);
  const parts = (joint: string): string => {
    const inner = listOf(node.conditions).map((one) => {
      const text = conditionText(one, names, language);
      return ["all", "any", "at_least"].includes(textOf(fieldsOf(one).type)) && listOf(fieldsOf(one).conditions).length > 1 ? `(${text})` : text;
    });
    return inner.join(joint) || "…";
  };
  switch (node.type) {
    case "all":
      return parts(both(language, " and ", " 且 "));
    case "any":
      return parts(both(language, " or ", " 或 "));
    case "at_least":
      return both(language, `${textOf(node.count)} of: ${parts("; ")}`, `${textOf(node.count)} 项满足：${parts("；")}`);
    case "not":
      return both(language, `not (${conditionText(node.condition, names, language)})`, `并非（${conditionText(node.condition, names, language)}）`);
    case "trait":
      return `${textOf(node.trait) || "…"} ${testText(node, language)}`.trim();
    case "tag":
      return `${titleOf(names.tags, textOf(node.tag_id), language) || "…"} ${testText(node, language)}`.trim();
    case "segment":
      return both(language, `in ${titleOf(names.segments, textOf(node.segment_id), language) || "…"}`, `属于 ${titleOf(names.segments, textOf(node.segment_id), language) || "…"}`);
    case "list":
      return both(language, `on ${titleOf(names.lists, textOf(node.list_id), language) || "…"}`, `在 ${titleOf(names.lists, textOf(node.list_id), language) || "…"}`);
    case "lifecycle":
      return listOf(node.stages).map((one) => titleOf(names.stages, textOf(one), language)).join(both(language, " or ", " 或 ")) || "…";
    case "event":
      return eventText(node, language);
    case "activity":
      return `${word(language, node.about === "events" ? "events_count" : (textOf(node.about) as Word))} ${word(language, textOf(node.comparison) as Word)} ${textOf(node.value)}`;
    default:
      return about(node);
  }
}

function testText(node: Fields, language: Language): string {
  const operator = OPERATOR_WORDS[textOf(node.operator)]?.[language] ?? textOf(node.operator);
  return `${operator} ${valueText(node.value, language)}`.trim();
}

function eventText(node: Fields, language: Language): string {
  const times = Number(node.times ?? 1);
  const comparison = textOf(node.comparison ?? "at_least");
  const name = textOf(node.event) || "…";
  const filters = listOf(node.where).length ? both(language, " (filtered)", "（有筛选）") : "";
  const days = typeof node.within_days === "number" ? both(language, ` in ${node.within_days} days`, `（${node.within_days} 天内）`) : "";
  if (comparison === "at_most" && times === 0) return both(language, `no ${name}${filters}${days}`, `没有 ${name}${filters}${days}`);
  if (comparison === "at_least" && times === 1) return both(language, `did ${name}${filters}${days}`, `做过 ${name}${filters}${days}`);
  return both(language, `${name}${filters} ${word(language, comparison as Word)} ${times} ×${days}`, `${name}${filters} ${word(language, comparison as Word)} ${times} 次${days}`);
}

function about(node: Fields): string {
  const named = ["event", "property", "trait", "journey_id", "channel", "purpose"].map((name) => textOf(node[name])).filter(Boolean);
  return [textOf(node.type).replaceAll("_", " "), ...named].join(" ");
}

/** What an arrow is taken for; empty where a step has one way only. */
export function wayText(step: Step | undefined, field: string, names: Names, language: Language): string {
  if (!step || field === "" ) return "";
  const place = Number(/\[(\d+)\]/.exec(field)?.[1] ?? -1);
  if (field.startsWith("arms")) return conditionText(fieldsOf(listOf(step.arms)[place]).when, names, language);
  if (field.startsWith("answers")) return textOf(fieldsOf(listOf(step.answers)[place]).answer);
  if (field.startsWith("variants")) {
    const variants = listOf(step.variants).map(fieldsOf);
    const total = variants.reduce((sum, one) => sum + Number(one.weight ?? 1), 0);
    const one = variants[place] ?? {};
    return `${textOf(one.name)} · ${Math.round((Number(one.weight ?? 1) / (total || 1)) * 100)} %`;
  }
  switch (field) {
    case "otherwise":
      return word(language, step.type === "wait" ? "way_past" : "way_otherwise");
    case "to":
      return word(language, "way_to", { n: textOf(step.times) });
    case "next":
      return step.type === "repeat" ? word(language, "way_next") : "";
    default: {
      const key = `way_${field}`;
      return key === "way_on_event" || key === "way_on_timeout" || key === "way_on_done" || key === "way_on_overdue" ? word(language, key) : field;
    }
  }
}
