/** Plain JSON, as the admin API gives and takes it. */
export type Json = null | boolean | number | string | Json[] | Fields;
export type Fields = { [name: string]: Json };

export type Language = "en" | "zh";
export type Bilingual = Record<Language, string>;

export function isFields(value: Json | undefined): value is Fields {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

export function fieldsOf(value: Json | undefined): Fields {
  return isFields(value) ? value : {};
}

export function listOf(value: Json | undefined): Json[] {
  return Array.isArray(value) ? value : [];
}

export function textOf(value: Json | undefined): string {
  return typeof value === "string" ? value : value === undefined || value === null ? "" : JSON.stringify(value);
}

/** Whether two values are the same JSON, whatever the order of their fields. */
export function same(left: Json | undefined, right: Json | undefined): boolean {
  if (left === right) return true;
  if (Array.isArray(left) || Array.isArray(right)) {
    return (
      Array.isArray(left) && Array.isArray(right) && left.length === right.length &&
      left.every((one, place) => same(one, right[place]))
    );
  }
  if (!isFields(left) || !isFields(right)) return false;
  const names = Object.keys(left);
  return names.length === Object.keys(right).length && names.every((name) => name in right && same(left[name], right[name]));
}

/** The fields with one of them set, or taken away by `undefined`; the others stay as and where they are. */
export function withField(fields: Fields, name: string, value: Json | undefined): Fields {
  if (value === undefined) {
    const { [name]: _, ...rest } = fields;
    return rest;
  }
  return { ...fields, [name]: value };
}

/** The list with one item replaced. */
export function withItem<T>(list: readonly T[], place: number, item: T): T[] {
  return list.map((one, index) => (index === place ? item : one));
}

/** The list without one item. */
export function without<T>(list: readonly T[], place: number): T[] {
  return list.filter((_, index) => index !== place);
}
