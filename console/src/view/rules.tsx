/** Parts of forms about what happens: rules, values by name, conditions. */
import type { JSX } from "preact";
import { useState } from "preact/hooks";
import { CONDITIONS, type ConditionKind, newCondition } from "../model/begin.ts";
import { type Fields, fieldsOf, isFields, type Json, listOf, same, textOf, withField, withItem, without } from "../model/json.ts";
import { partAsYaml, partFromYaml, YamlError } from "../model/yaml.ts";
import { OPERATOR_WORDS, type Word } from "../words.ts";
import { useDesk } from "./desk.ts";
import { AreaField, Button, IconButton, NamedField, NumberField, SelectField, TextField } from "./fields.tsx";

/** A number or truth where it reads like one, as JSON has them; else the text, which may stand in quotes. */
export function valueTyped(text: string): Json {
  if (/^".*"$/.test(text) && text.length > 1) return text.slice(1, -1);
  if (text === "true") return true;
  if (text === "false") return false;
  const number = Number(text);
  return text.trim() !== "" && Number.isFinite(number) && String(number) === text ? number : text;
}

/** A value as it is typed: a text that would read like a number stands in quotes. */
function valueShown(value: Json | undefined): string {
  return typeof value === "string" && valueTyped(value) !== value ? `"${value}"` : textOf(value);
}

/** Values by name: properties, traits, fields of a call. Each may be taken from the entry. */
export function ValueMap({ label, add, values, onChange, nameLabel, names, entry = true }: {
  label: string; add: string; values: Fields; onChange: (values: Fields) => void;
  nameLabel: string; names?: readonly string[]; entry?: boolean;
}): JSX.Element {
  const { t } = useDesk();
  const rows = Object.entries(values);
  const put = (place: number, name: string, value: Json): void => {
    // Two of one name would become one.
    const free = rows.some(([taken], index) => taken === name && index !== place) ? `${name}_` : name;
    onChange(Object.fromEntries(rows.map((row, index) => (index === place ? [free, value] : row))));
  };
  return (
    <fieldset class="group">
      <legend>{label}</legend>
      {rows.map(([name, value], place) => {
        const taken = isFields(value);
        return (
          <div class="row" key={place}>
            <TextField label={nameLabel} value={name} {...(names ? { options: names } : {})} onInput={(text) => put(place, text, value)} />
            {entry ? (
              <SelectField
                label={t("value")} value={taken ? "entry" : "value"}
                choices={[{ id: "value", title: t("a_value") }, { id: "entry", title: t("from_entry") }]}
                onChange={(kind) => put(place, name, kind === "entry" ? { entry: name } : "")}
              />
            ) : null}
            {taken
              ? <TextField label={t("property")} value={textOf(value.entry)} onInput={(text) => put(place, name, { entry: text })} />
              : <TextField label={entry ? t("a_value") : t("value")} value={valueShown(value)} onInput={(text) => put(place, name, valueTyped(text))} />}
            <IconButton icon="close" label={`${t("remove")} ${name}`} onClick={() => onChange(Object.fromEntries(without(rows, place)))} />
          </div>
        );
      })}
      {"" in values ? null : <Button kind="quiet" icon="plus" onClick={() => onChange({ ...values, "": "" })}>{add}</Button>}
    </fieldset>
  );
}

type RuleKind = "event" | "segment" | "lifecycle";

function kindOf(rule: Fields): RuleKind {
  return "segment_id" in rule ? "segment" : "stage" in rule ? "lifecycle" : "event";
}

const NEW_RULES: Record<RuleKind, Fields> = {
  event: { event: "" },
  segment: { segment_id: "", edge: "entered" },
  lifecycle: { stage: "", edge: "entered" },
};

/** One thing that a journey listens to. Fields beside it, such as a goal's window, stay. */
export function RuleForm({ rule, onChange, entry = true }: { rule: Fields; onChange: (rule: Fields) => void; entry?: boolean }): JSX.Element {
  const { t } = useDesk();
  const kind = kindOf(rule);
  const change = (to: string): void => {
    const rest = Object.fromEntries(Object.entries(rule).filter(([name]) => !["event", "where", "segment_id", "stage", "edge"].includes(name)));
    onChange({ ...NEW_RULES[to as RuleKind], ...rest });
  };
  return (
    <>
      <SelectField
        label={t("about")} value={kind} onChange={change}
        choices={[{ id: "event", title: t("event") }, { id: "segment", title: t("segment") }, { id: "lifecycle", title: t("stage") }]}
      />
      <RuleFields rule={rule} kind={kind} onChange={onChange} entry={entry} />
    </>
  );
}

export function RuleFields({ rule, kind, onChange, entry }: { rule: Fields; kind: RuleKind; onChange: (rule: Fields) => void; entry: boolean }): JSX.Element {
  const { t, names } = useDesk();
  const set = (name: string, value: Json | undefined): void => onChange(withField(rule, name, value));
  if (kind === "event") {
    return (
      <>
        <TextField label={t("event")} help={t("event_help")} value={textOf(rule.event)} options={names.events} onInput={(text) => set("event", text)} />
        <ValueMap
          label={t("where")} add={t("add_where")} nameLabel={t("property")} entry={entry}
          values={fieldsOf(rule.where)} onChange={(where) => set("where", Object.keys(where).length ? where : undefined)}
        />
      </>
    );
  }
  const other = kind === "segment" ? "exited" : "left";
  return (
    <>
      {kind === "segment"
        ? <NamedField label={t("segment")} value={textOf(rule.segment_id)} options={names.segments} onChange={(id) => set("segment_id", id)} />
        : <NamedField label={t("stage")} value={textOf(rule.stage)} options={names.stages} onChange={(id) => set("stage", id)} />}
      <SelectField
        label={t("edge")} value={textOf(rule.edge ?? "entered")} onChange={(edge) => set("edge", edge)}
        choices={[{ id: "entered", title: t("edge_entered") }, { id: other, title: t("edge_exited") }]}
      />
    </>
  );
}

/** Several rules, any of which will do. */
export function RuleList({ label, add, rules, onChange }: { label: string; add: string; rules: Json[]; onChange: (rules: Json[]) => void }): JSX.Element {
  const { t } = useDesk();
  return (
    <fieldset class="group">
      <legend>{label}</legend>
      {rules.map((rule, place) => (
        <div class="block" key={place}>
          <RuleForm rule={fieldsOf(rule)} onChange={(one) => onChange(withItem(rules, place, one))} />
          <IconButton icon="close" label={`${t("remove")} ${place + 1}`} onClick={() => onChange(without(rules, place))} />
        </div>
      ))}
      <Button kind="quiet" icon="plus" onClick={() => onChange([...rules, { event: "" }])}>{add}</Button>
    </fieldset>
  );
}

const KNOWN: Record<string, readonly string[]> = {
  trait: ["type", "trait", "operator", "value"],
  tag: ["type", "tag_id", "operator", "value"],
  segment: ["type", "segment_id"],
  list: ["type", "list_id"],
  lifecycle: ["type", "stages"],
  event: ["type", "event", "comparison", "times", "within_days"],
  activity: ["type", "about", "comparison", "value"],
  all: ["type", "conditions"],
  any: ["type", "conditions"],
  not: ["type", "condition"],
};

/** A condition that has a form has no field beside those of the form. */
function hasForm(node: Fields): boolean {
  const known = KNOWN[textOf(node.type)];
  return known !== undefined && Object.keys(node).every((name) => known.includes(name));
}

export function ConditionForm({ node, onChange, onRemove, label, depth = 0 }: {
  node: Fields; onChange: (node: Fields) => void; onRemove?: (() => void) | undefined; label: string; depth?: number;
}): JSX.Element {
  const { t } = useDesk();
  const form = hasForm(node);
  const choices = [...CONDITIONS.map((kind) => ({ id: kind as string, title: t(`cond_${kind}`) })), { id: "text", title: t("cond_text") }];
  const [asText, setAsText] = useState(!form);
  const change = (kind: string): void => {
    setAsText(kind === "text");
    if (kind !== "text") onChange(newCondition(kind as ConditionKind));
  };
  const shownAsText = asText || !form;
  return (
    <div class={depth ? "condition inner" : "condition"} role="group" aria-label={label}>
      <div class="row">
        <SelectField label={label} value={shownAsText ? "text" : textOf(node.type)} choices={choices} onChange={change} />
        {onRemove ? <IconButton icon="close" label={`${t("remove")}: ${label}`} onClick={onRemove} /> : null}
      </div>
      {shownAsText ? <YamlPart value={node} onChange={(value) => onChange(fieldsOf(value))} label={t("condition")} /> : <ConditionFields node={node} onChange={onChange} depth={depth} />}
    </div>
  );
}

/** A part of the document as YAML; it is taken over whenever it can be read. */
export function YamlPart({ value, onChange, label }: { value: Json; onChange: (value: Json) => void; label: string }): JSX.Element {
  const { t } = useDesk();
  const [text, setText] = useState(partAsYaml(value));
  const [wrong, setWrong] = useState("");
  const type = (typed: string): void => {
    setText(typed);
    try {
      const read = partFromYaml(typed);
      setWrong("");
      if (!same(read, value)) onChange(read);
    } catch (error) {
      if (!(error instanceof YamlError)) throw error;
      setWrong(t("yaml_odd", { why: error.message }));
    }
  };
  return <AreaField label={label} value={text} onInput={type} error={wrong || undefined} rows={Math.min(16, text.split("\n").length + 1)} />;
}

function ConditionFields({ node, onChange, depth }: { node: Fields; onChange: (node: Fields) => void; depth: number }): JSX.Element {
  const { t, names, language } = useDesk();
  const set = (name: string, value: Json | undefined): void => onChange(withField(node, name, value));
  switch (node.type) {
    case "trait":
      return (
        <>
          <TextField label={t("trait")} value={textOf(node.trait)} options={names.traits} onInput={(text) => set("trait", text)} />
          <TestFields node={node} onChange={onChange} />
        </>
      );
    case "tag":
      return (
        <>
          <NamedField label={t("tag")} value={textOf(node.tag_id)} options={names.tags} onChange={(id) => set("tag_id", id)} />
          <TestFields node={node} onChange={onChange} />
        </>
      );
    case "segment":
      return <NamedField label={t("segment")} value={textOf(node.segment_id)} options={names.segments} onChange={(id) => set("segment_id", id)} />;
    case "list":
      return <NamedField label={t("list")} value={textOf(node.list_id)} options={names.lists} onChange={(id) => set("list_id", id)} />;
    case "lifecycle": {
      const stages = listOf(node.stages).map(textOf);
      return (
        <fieldset class="group chips">
          <legend>{t("stage")}</legend>
          {names.stages.map((one) => (
            <label class="chip" key={one.id}>
              <input
                type="checkbox" checked={stages.includes(one.id)}
                onChange={(event) => set("stages", event.currentTarget.checked ? [...stages, one.id] : stages.filter((each) => each !== one.id))}
              />
              <span>{one.title[language]}</span>
            </label>
          ))}
        </fieldset>
      );
    }
    case "event":
      return <EventFields node={node} set={set} />;
    case "activity":
      return <ActivityFields node={node} set={set} />;
    case "not":
      return <ConditionForm label={t("condition")} node={fieldsOf(node.condition)} depth={depth + 1} onChange={(inner) => set("condition", inner)} />;
    default: {
      const parts = listOf(node.conditions);
      return (
        <>
          {parts.map((part, place) => (
            <ConditionForm
              key={place} depth={depth + 1} label={`${t("condition")} ${place + 1}`} node={fieldsOf(part)}
              onChange={(inner) => set("conditions", withItem(parts, place, inner))}
              onRemove={parts.length > 1 ? () => set("conditions", without(parts, place)) : undefined}
            />
          ))}
          <Button kind="quiet" icon="plus" onClick={() => set("conditions", [...parts, newCondition("trait")])}>{t("add_condition")}</Button>
        </>
      );
    }
  }
}

const OF_MANY = new Set(["one_of", "contains_any", "contains_all"]);
const OF_NOTHING = new Set(["exists", "not_exists"]);

function TestFields({ node, onChange }: { node: Fields; onChange: (node: Fields) => void }): JSX.Element {
  const { t, language } = useDesk();
  const operator = textOf(node.operator);
  const many = OF_MANY.has(operator);
  const change = (next: string): void => {
    const value = node.value;
    const kept = OF_NOTHING.has(next) ? undefined : OF_MANY.has(next) ? (Array.isArray(value) ? value : value === undefined ? [] : [value]) : Array.isArray(value) ? (value[0] ?? "") : (value ?? "");
    onChange(withField({ ...node, operator: next }, "value", kept));
  };
  const value = many ? listOf(node.value).map(valueShown).join(", ") : valueShown(node.value);
  return (
    <>
      <SelectField
        label={t("operator")} value={operator} onChange={change}
        choices={Object.entries(OPERATOR_WORDS).map(([id, words]) => ({ id, title: words[language] }))}
      />
      {OF_NOTHING.has(operator) ? null : (
        <TextField
          label={t("value")} value={value} help={many ? t("values_help") : undefined}
          onInput={(text) => onChange({ ...node, value: many ? text.split(/[,，]/).map((one) => valueTyped(one.trim())) : operator === "matches" ? text : valueTyped(text) })}
        />
      )}
    </>
  );
}

interface Setting { node: Fields; set: (name: string, value: Json | undefined) => void }

function EventFields({ node, set }: Setting): JSX.Element {
  const { t, names } = useDesk();
  const comparisons = (["at_least", "at_most", "exactly"] as const).map((id) => ({ id, title: t(id) }));
  return (
    <>
      <TextField label={t("event")} value={textOf(node.event)} options={names.events} onInput={(text) => set("event", text)} />
      <div class="row">
        <SelectField label={t("comparison")} value={textOf(node.comparison ?? "at_least")} choices={comparisons} onChange={(one) => set("comparison", one)} />
        <NumberField label={t("count")} value={Number(node.times ?? 1)} least={0} onInput={(times) => set("times", times ?? 0)} />
      </div>
      <NumberField label={t("within_days")} value={typeof node.within_days === "number" ? node.within_days : null} least={1} most={730} onInput={(days) => set("within_days", days ?? undefined)} />
    </>
  );
}

function ActivityFields({ node, set }: Setting): JSX.Element {
  const { t } = useDesk();
  const abouts: [string, Word][] = [["silence_days", "silence_days"], ["age_days", "age_days"], ["events", "events_count"]];
  return (
    <>
      <SelectField label={t("about")} value={textOf(node.about)} choices={abouts.map(([id, words]) => ({ id, title: t(words) }))} onChange={(one) => set("about", one)} />
      <div class="row">
        <SelectField
          label={t("operator")} value={textOf(node.comparison)} onChange={(one) => set("comparison", one)}
          choices={[{ id: "at_least", title: t("at_least") }, { id: "less_than", title: t("less_than") }]}
        />
        <NumberField label={t("value")} value={Number(node.value ?? 0)} least={0} onInput={(value) => set("value", value ?? 0)} />
      </div>
    </>
  );
}
