/** The journey's own form: who comes in, who leaves, what it is for. */
import type { JSX } from "preact";
import { newEntry } from "../model/begin.ts";
import { type Fields, fieldsOf, isFields, type Json, listOf, textOf, withField } from "../model/json.ts";
import type { Journey } from "../model/journey.ts";
import { useDesk } from "./desk.ts";
import { Button, CheckField, DurationField, NamedField, NumberField, SelectField, TextField } from "./fields.tsx";
import { RuleFields, RuleForm, RuleList } from "./rules.tsx";

interface Props {
  journey: Journey;
  onChange: (journey: Journey, about: string) => void;
}

const SHOWN = ["journey_id", "title", "purpose", "topic", "clock", "entry", "reentry", "exit_on", "goal", "holdout", "steps", "priority", "quiet_hours", "expires_after"];

export function JourneyForm({ journey, onChange }: Props): JSX.Element {
  const { t } = useDesk();
  const set = (name: string, value: Json | undefined): void => onChange(withField(journey, name, value) as Journey, `journey:${name}`);
  const further = Object.keys(journey).filter((name) => !SHOWN.includes(name));
  const goal = isFields(journey.goal) ? journey.goal : null;
  return (
    <>
      <TextField label={t("title")} value={journey.title} onInput={(title) => set("title", title)} />
      <fieldset class="group">
        <legend>{t("entry")}</legend>
        <EntryForm entry={journey.entry} onChange={(entry) => set("entry", entry)} />
      </fieldset>
      <ReentryForm reentry={fieldsOf(journey.reentry)} onChange={(reentry) => set("reentry", reentry)} />
      <RuleList label={t("exit_rules")} add={t("add_exit")} rules={listOf(journey.exit_on)} onChange={(rules) => set("exit_on", rules.length ? rules : undefined)} />
      <fieldset class="group">
        <legend>{t("goal")}</legend>
        <p class="help">{t("goal_says")}</p>
        {goal ? (
          <>
            <RuleForm rule={goal} onChange={(rule) => set("goal", rule)} />
            <DurationField label={t("goal_within")} value={textOf(goal.within)} onInput={(within) => set("goal", { ...goal, within })} />
            <CheckField label={t("goal_ends")} value={goal.ends === true} onChange={(ends) => set("goal", withField(goal, "ends", ends || undefined))} />
            <Button kind="quiet" icon="trash" onClick={() => set("goal", undefined)}>{t("remove")}</Button>
          </>
        ) : <Button kind="quiet" icon="plus" onClick={() => set("goal", { event: "", within: "P7D" })}>{t("add_goal")}</Button>}
      </fieldset>
      <NumberField
        label={t("holdout")} help={t("holdout_says")} value={percent(journey.holdout)} least={0} most={100} step="any"
        onInput={(value) => set("holdout", value ? Math.round(value * 1e6) / 1e8 : undefined)}
      />
      <SelectField
        label={t("purpose")} help={t("purpose_says")} value={textOf(journey.purpose ?? "marketing")} onChange={(purpose) => set("purpose", purpose)}
        choices={(["marketing", "service", "transactional"] as const).map((id) => ({ id, title: t(id) }))}
      />
      <TextField label={t("topic")} value={textOf(journey.topic)} onInput={(topic) => set("topic", topic || undefined)} />
      <fieldset class="group">
        <legend>{t("messages_of")}</legend>
        <NumberField label={t("priority")} help={t("priority_says")} value={Number(journey.priority ?? 50)} least={0} most={100} onInput={(value) => set("priority", value === 50 || value === null ? undefined : value)} />
        <QuietFields value={journey.quiet_hours} onChange={(value) => set("quiet_hours", value)} />
        <DurationField label={t("expires_after")} help={t("expires_says")} value={textOf(journey.expires_after ?? "P3D")} onInput={(iso) => set("expires_after", iso)} />
      </fieldset>
      <SelectField
        label={t("clock")} value={textOf(journey.clock ?? "step_functions")} onChange={(clock) => set("clock", clock)}
        choices={[
          { id: "step_functions", title: `${t("clock_step_functions")}: ${t("clock_sf_says")}` },
          { id: "due_index", title: `${t("clock_due_index")}: ${t("clock_due_says")}` },
        ]}
      />
      {further.length ? <p class="help">{t("other_fields_says", { names: further.join(", ") })}</p> : null}
    </>
  );
}

function QuietFields({ value, onChange }: { value: Json | undefined; onChange: (value: Json | undefined) => void }): JSX.Element {
  const { t } = useDesk();
  const by = Array.isArray(value) ? "own" : textOf(value ?? "obey");
  const change = (to: string): void => onChange(to === "own" ? ["22:00-08:00"] : to === "obey" ? undefined : to);
  return (
    <>
      <SelectField label={t("quiet")} value={by} onChange={change} choices={(["obey", "ignore", "own"] as const).map((id) => ({ id, title: t(`quiet_${id}`) }))} />
      {by === "own" ? <TextField label={t("quiet_windows")} value={listOf(value).map(textOf).join(", ")} onInput={(text) => onChange(text.split(/[,，]/).map((one) => one.trim()))} /> : null}
    </>
  );
}

function percent(holdout: Json | undefined): number {
  return typeof holdout === "number" ? Math.round(holdout * 1e8) / 1e6 : 0;
}

/** Beside the journey's form also that of a new journey. */
export function EntryForm({ entry, onChange }: { entry: Fields; onChange: (entry: Fields) => void }): JSX.Element {
  const { t } = useDesk();
  const set = (name: string, value: Json | undefined): void => onChange(withField(entry, name, value));
  const types = (["event", "segment", "lifecycle", "schedule", "call"] as const).map((id) => ({ id, title: t(`entry_${id}`) }));
  const type = textOf(entry.type);
  return (
    <>
      <SelectField label={t("entry_type")} value={type} choices={types} onChange={(to) => onChange(newEntry(to))} />
      {type === "event" || type === "segment" || type === "lifecycle" ? <RuleFields rule={entry} kind={type} entry={false} onChange={onChange} /> : null}
      {type === "event" ? <DurationField label={t("max_age")} value={textOf(entry.max_age ?? "P1D")} onInput={(iso) => set("max_age", iso)} /> : null}
      {type === "schedule" ? <ScheduleFields entry={entry} onChange={onChange} /> : null}
    </>
  );
}

const CLOCKS: Record<string, Json> = { cron: "0 9 * * 1", date: "12-25", lunar: "08-15" };

function ScheduleFields({ entry, onChange }: { entry: Fields; onChange: (entry: Fields) => void }): JSX.Element {
  const { t, names } = useDesk();
  const set = (name: string, value: Json | undefined): void => onChange(withField(entry, name, value));
  const by = (["cron", "date", "lunar"] as const).find((name) => typeof entry[name] === "string") ?? "cron";
  const change = (to: string): void => {
    const { cron: _, date: __, lunar: ___, ...rest } = entry;
    onChange({ ...rest, [to]: CLOCKS[to] ?? "" });
  };
  return (
    <>
      <NamedField label={t("segment")} value={textOf(entry.segment_id)} options={names.segments} onChange={(id) => set("segment_id", id)} />
      <SelectField label={t("schedule_by")} value={by} onChange={change} choices={(["cron", "date", "lunar"] as const).map((id) => ({ id, title: t(`by_${id}`) }))} />
      <TextField label={t(by)} value={textOf(entry[by])} onInput={(text) => set(by, text)} />
      {by === "cron" ? null : <TextField label={t("time")} value={textOf(entry.time ?? "09:00")} onInput={(text) => set("time", text)} />}
      <TextField label={t("time_zone")} value={textOf(entry.time_zone)} placeholder="Asia/Shanghai" onInput={(text) => set("time_zone", text || undefined)} />
    </>
  );
}

function ReentryForm({ reentry, onChange }: { reentry: Fields; onChange: (reentry: Fields | undefined) => void }): JSX.Element {
  const { t } = useDesk();
  const policy = textOf(reentry.policy ?? "never");
  const put = (fields: Fields): void => {
    const bare = fields.policy === "never" && Object.keys(fields).length === 1;
    onChange(bare ? undefined : fields);
  };
  const change = (to: string): void => put({ ...withField(reentry, "after", to === "after" ? "P7D" : undefined), policy: to });
  return (
    <fieldset class="group">
      <legend>{t("reentry")}</legend>
      <SelectField
        label={t("reentry_policy")} value={policy} onChange={change}
        choices={(["never", "always", "after"] as const).map((id) => ({ id, title: t(`reentry_${id}`) }))}
      />
      {policy === "after" ? <DurationField label={t("reentry_pause")} value={textOf(reentry.after)} onInput={(after) => put({ ...reentry, after })} /> : null}
      <TextField label={t("reentry_key")} value={textOf(reentry.key)} onInput={(key) => put(withField({ policy, ...reentry }, "key", key || undefined))} />
    </fieldset>
  );
}
