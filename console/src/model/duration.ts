/** Durations: ISO 8601 in the document, "3 days" or "3 天" for people. */
import type { Language } from "./json.ts";

const UNITS = [
  { seconds: 86_400, iso: "D", time: false, en: ["day", "days"], zh: "天" },
  { seconds: 3_600, iso: "H", time: true, en: ["hour", "hours"], zh: "小时" },
  { seconds: 60, iso: "M", time: true, en: ["minute", "minutes"], zh: "分钟" },
  { seconds: 1, iso: "S", time: true, en: ["second", "seconds"], zh: "秒" },
] as const;

const ISO = /^([+-])?P(?:(\d+)W)?(?:(\d+)D)?(?:T(?=\d)(?:(\d+)H)?(?:(\d+)M)?(?:(\d+)S)?)?$/;

/** The seconds of an ISO 8601 duration of weeks, days and less; `null` for anything else. */
export function secondsOf(iso: string): number | null {
  const found = ISO.exec(iso);
  if (!found || !/\d/.test(iso)) return null;
  const [, sign, weeks, days, hours, minutes, seconds] = found;
  const part = (text: string | undefined, of: number): number => Number(text ?? 0) * of;
  const total =
    part(weeks, 604_800) + part(days, 86_400) + part(hours, 3_600) + part(minutes, 60) + part(seconds, 1);
  return sign === "-" ? -total : total;
}

/** The shortest ISO 8601 text of so many seconds. */
export function isoOf(seconds: number): string {
  let left = Math.abs(seconds);
  let date = "";
  let time = "";
  for (const unit of UNITS) {
    const count = Math.floor(left / unit.seconds);
    left -= count * unit.seconds;
    if (!count) continue;
    if (unit.time) time += `${count}${unit.iso}`;
    else date += `${count}${unit.iso}`;
  }
  const text = date || time ? `P${date}${time ? `T${time}` : ""}` : "PT0S";
  return seconds < 0 ? `-${text}` : text;
}

/** A duration as people say it; what is no duration is given back as it is. */
export function said(iso: string, language: Language): string {
  const seconds = secondsOf(iso);
  if (seconds === null) return iso;
  let left = Math.abs(seconds);
  const parts: string[] = [];
  for (const unit of UNITS) {
    const count = Math.floor(left / unit.seconds);
    left -= count * unit.seconds;
    if (count) parts.push(language === "zh" ? `${count} ${unit.zh}` : `${count} ${unit.en[count === 1 ? 0 : 1]}`);
  }
  const text = parts.join(" ") || (language === "zh" ? "0 秒" : "0 seconds");
  return seconds < 0 ? `-${text}` : text;
}

const WORDS: [RegExp, number][] = [
  [/^(w|wk|weeks?|周|星期|个星期)$/, 604_800],
  [/^(d|days?|天|日)$/, 86_400],
  [/^(h|hrs?|hours?|小时|个小时|时)$/, 3_600],
  [/^(m|mins?|minutes?|分钟|分)$/, 60],
  [/^(s|secs?|seconds?|秒|秒钟)$/, 1],
];
const PART = /^\s*(\d+)\s*([a-z]+|[\u4e00-\u9fff]+)\s*(?:,|，|and\b|又)?/;

/** What somebody typed, "3 days", "2h 30m", "3天" or "P3D", as seconds; `null` when it is none of these. */
export function understood(typed: string): number | null {
  const text = typed.trim();
  if (/^[+-]?P/i.test(text)) return secondsOf(text.toUpperCase());
  let rest = text.toLowerCase();
  const sign = rest.startsWith("-") ? -1 : 1;
  if (sign < 0) rest = rest.slice(1);
  if (!rest) return null;
  let total = 0;
  while (rest.trim()) {
    const [whole, count, word] = PART.exec(rest) ?? [];
    const unit = WORDS.find(([names]) => names.test(word ?? ""));
    if (whole === undefined || !unit) return null;
    total += Number(count) * unit[1];
    rest = rest.slice(whole.length);
  }
  return Number.isSafeInteger(total) ? sign * total : null;
}
