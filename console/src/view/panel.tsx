/** The panel beside the canvas: the form of what is selected, and what the check says of it. */
import type { JSX } from "preact";
import { useRef, useState } from "preact/hooks";
import { connect, duplicate, move, rename, replaceStep, type Spot } from "../model/edits.ts";
import type { Placed } from "../model/findings.ts";
import { below, edgesOf, END, type Journey, KINDS, led, placeOf, type Step, stepNamed, waysOut } from "../model/journey.ts";
import { same } from "../model/json.ts";
import { wayText } from "../model/summary.ts";
import { KIND_WORDS } from "../words.ts";
import { toneOf } from "./canvas.tsx";
import { useDesk } from "./desk.ts";
import { IconButton, SelectField, TextField } from "./fields.tsx";
import { Icon } from "./icons.tsx";
import { JourneyForm } from "./settings.tsx";
import { StepForm } from "./steps.tsx";

interface Props {
  journey: Journey;
  selected: string | null;
  findings: Placed[];
  onEdit: (journey: Journey, about?: string, select?: string) => void;
  onSelect: (step: string | null) => void;
  onRemove: (step: string) => void;
}

export function Panel(props: Props): JSX.Element {
  const { t } = useDesk();
  const step = props.selected ? stepNamed(props.journey, props.selected) : undefined;
  const own = props.findings.filter((one) => one.step === step?.name);
  return (
    <aside class="panel" data-open={props.selected === null ? undefined : ""} aria-label={step ? step.name : t("settings")}>
      {step ? <StepPanel key={step.name} {...props} step={step} findings={own} /> : (
        <>
          <header class="panel-head" data-tone="entry">
            <span class="tile"><Icon name="entry" /></span>
            <h2>{t("settings")}</h2>
            <IconButton icon="close" kind="panel-close" label={t("close")} onClick={() => props.onSelect(null)} />
          </header>
          <div class="form"><JourneyForm journey={props.journey} onChange={props.onEdit} /></div>
        </>
      )}
    </aside>
  );
}

export function Findings({ findings, journey, onSelect }: { findings: Placed[]; journey?: boolean; onSelect?: (step: string) => void }): JSX.Element | null {
  const { t, say } = useDesk();
  if (!findings.length) return null;
  return (
    <ul class="findings">
      {findings.map((one, place) => (
        <li key={place} class={one.severity} data-code={one.code}>
          <Icon name={one.severity === "error" ? "error" : "warning"} />
          <div>
            <strong>{t(one.severity)}</strong>
            {journey ? (
              <button type="button" class="link" onClick={() => onSelect?.(one.step ?? "")}>{one.step ?? t("of_journey")}</button>
            ) : null}
            <p>{say(one.message)}</p>
            {one.hint ? <p class="help">{say(one.hint)}</p> : null}
          </div>
        </li>
      ))}
    </ul>
  );
}

function StepPanel({ journey, step, findings, onEdit, onSelect, onRemove }: Props & { step: Step }): JSX.Element {
  const { t, language, names } = useDesk();
  const kind = KINDS.find((one) => one === step.type);
  const change = (next: Step): void => {
    const field = Object.keys({ ...step, ...next }).find((name) => !same(step[name], next[name]));
    if (field) onEdit(replaceStep(journey, step.name, next), `step:${step.name}:${field}`);
  };

  const way = (field: string, label?: string): JSX.Element => {
    const place = placeOf(journey, step.name);
    const next = below(journey.steps, place);
    const named = waysOut(step).find((one) => one.field === field)?.named ?? null;
    const past = step.type === "wait" && field === "otherwise";
    const choices = [
      ...journey.steps.filter((one) => one.name !== step.name).map((one) => ({ id: one.name, title: one.name })),
      { id: END, title: t("end") },
    ];
    const text = wayText(step, field, names, language);
    const to = (target: string): void =>
      past ? onEdit(replaceStep(journey, step.name, led(step, "otherwise", target || null))) : onEdit(connect(journey, step.name, field, target));
    return (
      <SelectField
        key={field} label={label ?? `${text || t("goes_to")} →`} value={named ?? (past ? "" : next)}
        empty={past ? t("way_past_same") : undefined} choices={choices} onChange={to}
      />
    );
  };

  return (
    <>
      <header class="panel-head" data-tone={toneOf(step.type)}>
        <span class="tile"><Icon name={step.type} /></span>
        <h2>{kind ? KIND_WORDS[kind].name[language] : step.type}</h2>
        <IconButton icon="copy" label={t("duplicate")} onClick={() => onEdit(duplicate(journey, step.name))} />
        <IconButton icon="trash" kind="danger" label={`${t("remove")} ${step.name}`} onClick={() => onRemove(step.name)} />
        <IconButton icon="close" kind="panel-close" label={t("close")} onClick={() => onSelect(null)} />
      </header>
      <Findings findings={findings} />
      <div class="form">
        {kind ? <p class="help">{KIND_WORDS[kind].says[language]}</p> : null}
        <NameField journey={journey} step={step} onRename={(to) => onEdit(rename(journey, step.name, to), "", to)} />
        <StepForm step={step} journey={journey} onChange={change} way={way} />
        <MoveField journey={journey} step={step} onMove={(spot) => onEdit(move(journey, step.name, spot))} />
      </div>
    </>
  );
}

const STEP_NAME = /^[\p{L}\p{N}_]([\p{L}\p{N}_ .-]*[\p{L}\p{N}_.-])?$/u;

/** A name is taken over when the field is left: until then it could be another step's. */
function NameField({ journey, step, onRename }: { journey: Journey; step: Step; onRename: (to: string) => void }): JSX.Element {
  const { t } = useDesk();
  const [typed, setTyped] = useState(step.name);
  const told = useRef(false); // Enter renames, and then the field loses the focus
  const name = typed.trim();
  const taken = name !== step.name && (name === END || placeOf(journey, name) >= 0);
  const odd = !STEP_NAME.test(name) || [...name].length > 60;
  const done = (): void => {
    if (told.current || taken || odd || name === step.name) return;
    told.current = true;
    onRename(name);
  };
  return (
    <form class="bare" onSubmit={(event) => { event.preventDefault(); done(); }} onFocusOut={done}>
      <TextField label={t("step_name")} value={typed} onInput={setTyped} error={taken ? t("name_taken") : odd ? t("name_odd") : undefined} />
    </form>
  );
}

function MoveField({ journey, step, onMove }: { journey: Journey; step: Step; onMove: (spot: Spot) => void }): JSX.Element | null {
  const { t, names, language } = useDesk();
  if (journey.steps.length < 2) return null;
  const spots = edgesOf(journey).filter((edge) => edge.from !== step.name && edge.to !== step.name && edge.field !== "to");
  const choices = spots.map((edge, place) => {
    const text = wayText(stepNamed(journey, edge.from), edge.field, names, language);
    return { id: String(place), title: t("after_way", { step: edge.from, way: text ? `: ${text}` : "" }) };
  });
  const first = journey.steps[0]?.name === step.name ? [] : [{ id: "entry", title: t("at_start") }];
  const to = (id: string): void => {
    const spot = spots[Number(id)];
    if (id === "entry") onMove("entry");
    else if (spot) onMove({ from: spot.from, field: spot.field });
  };
  return <SelectField label={t("move")} value="" empty={t("choose")} choices={[...first, ...choices]} onChange={to} />;
}

export function FindingsSummary({ findings, checked, onSelect, running }: { findings: Placed[]; checked: boolean; running: boolean; onSelect: (step: string) => void }): JSX.Element {
  const { t } = useDesk();
  return (
    <section class="checked" aria-label={t("findings")} aria-live="polite" aria-busy={running} tabIndex={0}>
      <h3>{t("findings")}</h3>
      {running ? <p class="help">{t("checking")}</p> : !checked ? <p class="help">{t("not_checked")}</p> : findings.length === 0 ? <p class="clean"><Icon name="check" />{t("check_clean")}</p> : null}
      <Findings findings={findings} journey onSelect={onSelect} />
    </section>
  );
}

