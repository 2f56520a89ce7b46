/** The form of each kind of step, in plain words. */
import type { ComponentChild, JSX } from "preact";
import { fieldsOf, type Fields, isFields, type Json, listOf, textOf, withField, withItem, without } from "../model/json.ts";
import type { Journey, Step } from "../model/journey.ts";
import { newCondition } from "../model/begin.ts";
import type { Word } from "../words.ts";
import { useDesk } from "./desk.ts";
import { Button, CheckField, DurationField, IconButton, NamedField, NumberField, SelectField, TextField } from "./fields.tsx";
import { ConditionForm, RuleList, ValueMap } from "./rules.tsx";

export interface StepFormProps {
  step: Step;
  journey: Journey;
  onChange: (step: Step) => void;
  /** Where a way leads, as a choice; shown beside what the way is taken for. */
  way: (field: string, label?: string) => JSX.Element;
}

export function StepForm(props: StepFormProps): JSX.Element {
  const { step } = props;
  switch (step.type) {
    case "send": return <SendForm {...props} />;
    case "feedback": return <FeedbackForm {...props} />;
    case "wait": return <WaitForm {...props} />;
    case "wait_for": return <WaitForForm {...props} />;
    case "branch": return <BranchForm {...props} />;
    case "experiment": return <ExperimentForm {...props} />;
    case "repeat": return <RepeatForm {...props} />;
    case "update": return <UpdateForm {...props} />;
    case "reward": return <RewardForm {...props} />;
    case "assign": return <AssignForm {...props} />;
    case "webhook": return <WebhookForm {...props} />;
    case "start_journey": return <StartForm {...props} />;
    case "exit": return <ExitForm {...props} />;
    default: return props.way("next");
  }
}

/** Sets one field of a step; an empty optional one is left out. */
function setter({ step, onChange }: StepFormProps): (name: string, value: Json | undefined) => void {
  return (name, value) => onChange(withField(step, name, value) as Step);
}

const optional = (text: string): string | undefined => (text === "" ? undefined : text);

function TemplateField({ label, value, onChange }: { label: string; value: string; onChange: (id: string) => void }): JSX.Element {
  const { t, names } = useDesk();
  return <NamedField label={label} value={value} options={names.templates} onChange={onChange} help={names.templates.length ? undefined : t("no_templates")} />;
}

function SendForm(props: StepFormProps): JSX.Element {
  const { t } = useDesk();
  const set = setter(props);
  const fallback = listOf(props.step.fallback).map(textOf);
  const put = (ids: string[]): void => set("fallback", ids.length ? ids : undefined);
  return (
    <>
      <TemplateField label={t("template")} value={textOf(props.step.template_id)} onChange={(id) => set("template_id", id)} />
      {fallback.map((id, place) => (
        <div class="row" key={place}>
          <TemplateField label={t("fallback")} value={id} onChange={(one) => put(withItem(fallback, place, one))} />
          <IconButton icon="close" label={`${t("remove")}: ${t("fallback")} ${place + 1}`} onClick={() => put(without(fallback, place))} />
        </div>
      ))}
      {fallback.length < 5 && !fallback.includes("") ? <Button kind="quiet" icon="plus" onClick={() => put([...fallback, ""])}>{t("add_fallback")}</Button> : null}
      <ValueMap label={t("send_values")} add={t("add_value")} nameLabel={t("field_name")} values={fieldsOf(props.step.values)} onChange={(values) => set("values", Object.keys(values).length ? values : undefined)} />
      <DurationField label={t("expires_own")} help={t("expires_says")} optional value={textOf(props.step.expires_after)} onInput={(iso) => set("expires_after", optional(iso))} />
      {props.way("next")}
    </>
  );
}

type WaitBy = "duration" | "time" | "weekdays" | "at" | "trait" | "usual_hour";
const WAITS: Record<WaitBy, Fields> = {
  duration: { duration: "P1D" },
  time: { until: { time: "09:00" } },
  weekdays: { until: { weekdays: ["mon"], time: "09:00" } },
  at: { until: { at: "" } },
  trait: { until: { trait: "", time: "09:00" } },
  usual_hour: { until: { usual_hour: true, time: "10:00" } },
};

function waitBy(step: Step): WaitBy {
  if (!isFields(step.until)) return "duration";
  const until = step.until;
  return (["at", "trait", "weekdays", "usual_hour"] as const).find((name) => name in until) ?? "time";
}

function WaitForm(props: StepFormProps): JSX.Element {
  const { t } = useDesk();
  const { step, onChange } = props;
  const by = waitBy(step);
  const change = (to: string): void => {
    const { duration: _, until: __, otherwise, ...rest } = step;
    const dated = to === "at" || to === "trait";
    onChange({ ...rest, ...WAITS[to as WaitBy], ...(dated && otherwise !== undefined ? { otherwise } : {}) } as unknown as Step);
  };
  const choices = (Object.keys(WAITS) as WaitBy[]).map((id) => ({ id, title: t(`wait_${id}`) }));
  const dated = by === "at" || by === "trait";
  return (
    <>
      <SelectField label={t("wait_by")} value={by} choices={choices} onChange={change} />
      {by === "duration"
        ? <DurationField label={t("duration")} value={textOf(step.duration)} onInput={(iso) => onChange({ ...step, duration: iso })} />
        : <UntilFields by={by} until={fieldsOf(step.until)} onChange={(until) => onChange({ ...step, until })} />}
      {props.way("next")}
      {dated ? props.way("otherwise") : null}
    </>
  );
}

const DAYS = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"] as const;

function UntilFields({ by, until, onChange }: { by: WaitBy; until: Fields; onChange: (until: Fields) => void }): JSX.Element {
  const { t, names } = useDesk();
  const set = (name: string, value: Json | undefined): void => onChange(withField(until, name, value));
  const time = <TextField label={by === "usual_hour" ? t("usual_else") : t("time")} value={textOf(until.time)} placeholder="09:00" onInput={(text) => set("time", text)} />;
  switch (by) {
    case "at":
      return <TextField label={t("at")} help={t("at_help")} value={textOf(until.at)} onInput={(text) => set("at", text)} />;
    case "trait":
      return (
        <>
          <TextField label={t("trait")} value={textOf(until.trait)} options={names.traits} onInput={(text) => set("trait", text)} />
          <DurationField label={t("offset")} days value={textOf(until.offset ?? "P0D")} onInput={(iso) => set("offset", iso)} />
          {time}
        </>
      );
    case "weekdays": {
      const chosen = listOf(until.weekdays).map(textOf);
      return (
        <>
          <fieldset class="group chips">
            <legend>{t("weekdays")}</legend>
            {DAYS.map((day) => (
              <label class="chip" key={day}>
                <input
                  type="checkbox" checked={chosen.includes(day)}
                  onChange={(event) => set("weekdays", event.currentTarget.checked ? DAYS.filter((one) => one === day || chosen.includes(one)) as string[] : chosen.filter((one) => one !== day))}
                />
                <span>{t(day)}</span>
              </label>
            ))}
          </fieldset>
          {time}
        </>
      );
    }
    default:
      return time;
  }
}

function WaitForForm(props: StepFormProps): JSX.Element {
  const { t } = useDesk();
  const set = setter(props);
  return (
    <>
      <RuleList label={t("listens")} add={t("add_rule")} rules={listOf(props.step.events)} onChange={(rules) => set("events", rules)} />
      {props.way("on_event")}
      <DurationField label={t("timeout")} value={textOf(props.step.timeout)} onInput={(iso) => set("timeout", iso)} />
      {props.way("on_timeout")}
    </>
  );
}

interface ItemsProps extends StepFormProps {
  list: string;
  legend: Word;
  add: Word;
  least: number;
  fresh: (place: number) => Fields;
  children: (item: Fields, change: (item: Fields) => void, place: number) => ComponentChild;
}

/** Ways in a list, each with what it is taken for and where it leads. */
function Items({ list, legend, add, least, fresh, children, ...props }: ItemsProps): JSX.Element {
  const { t } = useDesk();
  const set = setter(props);
  const items = listOf(props.step[list]).map(fieldsOf);
  return (
    <fieldset class="group">
      <legend>{t(legend)}</legend>
      {items.map((item, place) => (
        <div class="block" key={place}>
          {children(item, (one) => set(list, withItem(items, place, one)), place)}
          {props.way(`${list}[${place}].next`)}
          {items.length > least
            ? <IconButton icon="close" label={`${t("remove")}: ${t("arm", { n: place + 1 })}`} onClick={() => set(list, without(items, place))} />
            : null}
        </div>
      ))}
      <Button kind="quiet" icon="plus" onClick={() => set(list, [...items, fresh(items.length)])}>{t(add)}</Button>
    </fieldset>
  );
}

function BranchForm(props: StepFormProps): JSX.Element {
  const { t } = useDesk();
  return (
    <>
      <Items {...props} list="arms" legend="arms" add="add_arm" least={1} fresh={() => ({ when: newCondition("trait"), next: "end" })}>
        {(arm, change, place) => <ConditionForm label={t("arm", { n: place + 1 })} node={fieldsOf(arm.when)} onChange={(when) => change({ ...arm, when })} />}
      </Items>
      {props.way("otherwise")}
    </>
  );
}

function ExperimentForm(props: StepFormProps): JSX.Element {
  const { t } = useDesk();
  const set = setter(props);
  return (
    <>
      <Items {...props} list="variants" legend="variants" add="add_variant" least={2} fresh={(place) => ({ name: String.fromCharCode(97 + (place % 26)), weight: 1 })}>
        {(variant, change) => (
          <>
            <div class="row">
              <TextField label={t("variant_name")} value={textOf(variant.name)} onInput={(name) => change({ ...variant, name })} />
              <NumberField label={t("weight")} value={Number(variant.weight ?? 1)} least={1} onInput={(weight) => change({ ...variant, weight: weight ?? 1 })} />
            </div>
            <CheckField label={t("control")} value={variant.control === true} onChange={(on) => change(withField(variant, "control", on || undefined))} />
          </>
        )}
      </Items>
      <TextField label={t("salt")} help={t("salt_says")} value={textOf(props.step.salt)} onInput={(text) => set("salt", optional(text))} />
    </>
  );
}

function RepeatForm(props: StepFormProps): JSX.Element {
  const { t } = useDesk();
  const set = setter(props);
  const choices = props.journey.steps.filter((one) => one.name !== props.step.name).map((one) => ({ id: one.name, title: one.name }));
  return (
    <>
      <SelectField label={t("repeat_to")} value={textOf(props.step.to)} choices={choices} onChange={(to) => set("to", to)} />
      <NumberField label={t("times")} value={Number(props.step.times ?? 1)} least={1} most={1000} onInput={(times) => set("times", times ?? 1)} />
      {props.way("next")}
    </>
  );
}

function UpdateForm(props: StepFormProps): JSX.Element {
  const { t, names } = useDesk();
  const set = setter(props);
  const filled = (fields: Fields): Fields | undefined => (Object.keys(fields).length ? fields : undefined);
  const tags = fieldsOf(props.step.tags);
  const lists = fieldsOf(props.step.lists);
  const manual = names.tags.filter((one) => one.detail === "manual");
  return (
    <>
      <ValueMap label={t("traits")} add={t("add_trait")} nameLabel={t("trait")} names={names.traits} values={fieldsOf(props.step.traits)} onChange={(traits) => set("traits", filled(traits))} />
      <fieldset class="group">
        <legend>{t("tags")}</legend>
        {Object.entries(tags).map(([id, value], place) => (
          <div class="row" key={place}>
            <NamedField label={t("tag")} value={id} options={manual} onChange={(to) => set("tags", renamedKey(tags, id, to))} />
            <TextField label={t("value")} help={value === "" ? t("tag_empty") : undefined} value={textOf(value)} onInput={(text) => set("tags", { ...tags, [id]: text })} />
            <IconButton icon="close" label={`${t("remove")} ${id}`} onClick={() => set("tags", filled(withField(tags, id, undefined)))} />
          </div>
        ))}
        <Button kind="quiet" icon="plus" onClick={() => set("tags", { ...tags, [free(manual, tags)]: "" })}>{t("add_tag")}</Button>
      </fieldset>
      <fieldset class="group">
        <legend>{t("lists")}</legend>
        {Object.entries(lists).map(([id, on], place) => (
          <div class="row" key={place}>
            <NamedField label={t("list")} value={id} options={names.lists} onChange={(to) => set("lists", renamedKey(lists, id, to))} />
            <SelectField
              label={t("value")} value={on ? "on" : "off"} onChange={(to) => set("lists", { ...lists, [id]: to === "on" })}
              choices={[{ id: "on", title: t("list_on") }, { id: "off", title: t("list_off") }]}
            />
            <IconButton icon="close" label={`${t("remove")} ${id}`} onClick={() => set("lists", filled(withField(lists, id, undefined)))} />
          </div>
        ))}
        <Button kind="quiet" icon="plus" onClick={() => set("lists", { ...lists, [free(names.lists, lists)]: true })}>{t("add_list")}</Button>
      </fieldset>
      {props.way("next")}
    </>
  );
}

function free(options: readonly { id: string }[], taken: Fields): string {
  return options.find((one) => !(one.id in taken))?.id ?? "";
}

function renamedKey(fields: Fields, from: string, to: string): Fields {
  return to in fields ? fields : Object.fromEntries(Object.entries(fields).map(([name, value]) => [name === from ? to : name, value]));
}

function RewardForm(props: StepFormProps): JSX.Element {
  const { t } = useDesk();
  const { step, onChange } = props;
  const by = typeof step.coupon === "string" ? "coupon" : "points";
  const change = (to: string): void => {
    const { points: _, coupon: __, ...rest } = step;
    onChange({ ...rest, ...(to === "coupon" ? { coupon: "" } : { points: 100 }) } as unknown as Step);
  };
  return (
    <>
      <SelectField label={t("reward_by")} value={by} onChange={change} choices={[{ id: "points", title: t("points") }, { id: "coupon", title: t("coupon") }]} />
      {by === "coupon"
        ? <TextField label={t("coupon_id")} value={textOf(step.coupon)} onInput={(coupon) => onChange({ ...step, coupon })} />
        : <NumberField label={t("how_many")} value={Number(step.points ?? 0)} least={1} onInput={(points) => onChange({ ...step, points: points ?? 1 })} />}
      {props.way("next")}
    </>
  );
}

function AssignForm(props: StepFormProps): JSX.Element {
  const { t } = useDesk();
  const { step } = props;
  const set = setter(props);
  return (
    <>
      <TextField label={t("assign_to")} value={textOf(step.to)} onInput={(text) => set("to", text)} />
      <TextField label={t("assign_title")} value={textOf(step.title)} onInput={(text) => set("title", text)} />
      {props.way("on_done")}
      <DurationField label={t("due")} value={textOf(step.due)} onInput={(iso) => set("due", iso)} />
      <TextField label={t("escalate_to")} value={textOf(step.escalate_to)} onInput={(text) => set("escalate_to", optional(text))} />
      {props.way("on_overdue")}
    </>
  );
}

function WebhookForm(props: StepFormProps): JSX.Element {
  const { t } = useDesk();
  const set = setter(props);
  return (
    <>
      <TextField label={t("url")} value={textOf(props.step.url)} placeholder="https://" onInput={(text) => set("url", text)} />
      <ValueMap label={t("body")} add={t("add_body")} nameLabel={t("field_name")} values={fieldsOf(props.step.body)} onChange={(body) => set("body", Object.keys(body).length ? body : undefined)} />
      {props.way("next")}
    </>
  );
}

function StartForm(props: StepFormProps): JSX.Element {
  const { t, names } = useDesk();
  const set = setter(props);
  const callable = names.journeys.filter((one) => one.detail === "call");
  return (
    <>
      <NamedField label={t("journey")} value={textOf(props.step.journey_id)} options={callable} onChange={(id) => set("journey_id", id)} />
      <ValueMap label={t("properties")} add={t("add_where")} nameLabel={t("property")} values={fieldsOf(props.step.properties)} onChange={(given) => set("properties", Object.keys(given).length ? given : undefined)} />
      {props.way("next")}
    </>
  );
}

function FeedbackForm(props: StepFormProps): JSX.Element {
  const { t } = useDesk();
  const { step } = props;
  const set = setter(props);
  return (
    <>
      <TemplateField label={t("template")} value={textOf(step.template_id)} onChange={(id) => set("template_id", id)} />
      <TextField label={t("question")} help={t("question_help")} value={textOf(step.question)} onInput={(text) => set("question", optional(text))} />
      <Items {...props} list="answers" legend="answers" add="add_answer" least={1} fresh={() => ({ answer: "" })}>
        {(answer, change) => <TextField label={t("answer")} value={textOf(answer.answer)} onInput={(text) => change({ ...answer, answer: text })} />}
      </Items>
      <DurationField label={t("timeout")} value={textOf(step.timeout)} onInput={(iso) => set("timeout", iso)} />
      {props.way("on_timeout")}
      <TextField label={t("answer_event")} value={textOf(step.event ?? "feedback_given")} onInput={(text) => set("event", text === "feedback_given" ? undefined : text)} />
    </>
  );
}

function ExitForm(props: StepFormProps): JSX.Element {
  const { t } = useDesk();
  return <TextField label={t("reason")} value={textOf(props.step.reason ?? "exit_step")} onInput={(reason) => props.onChange({ ...props.step, reason })} />;
}
