/** One journey: the canvas, the palette, the panel, and everything that is done with it. */
import type { JSX } from "preact";
import { useCallback, useEffect, useMemo, useRef, useState } from "preact/hooks";
import { ApiError, type JourneyState, type JourneySteps } from "../api.ts";
import { gapsOf, newStep } from "../model/begin.ts";
import { connect, insert, move, remove, type Spot } from "../model/edits.ts";
import { type Finding, placed, refused } from "../model/findings.ts";
import { begin, edited, type History, redone, undone } from "../model/history.ts";
import { END, type Journey, type Kind, mainWay, edgesOf, placeOf } from "../model/journey.ts";
import { same } from "../model/json.ts";
import { yamlOf } from "../model/yaml.ts";
import { Canvas, type Dragged } from "./canvas.tsx";
import { useDesk } from "./desk.ts";
import { Button, IconButton } from "./fields.tsx";
import { Icon } from "./icons.tsx";
import { Launch } from "./launch.tsx";
import { Menu, type MenuItem } from "./menu.tsx";
import { Palette, PickKind } from "./palette.tsx";
import { FindingsSummary, Panel } from "./panel.tsx";
import { People } from "./people.tsx";
import { Conflict, Deleting, Stopping, TextEditor } from "./questions.tsx";
import { Status } from "./status.tsx";

export interface Opened {
  /** As it is stored; `null` for a journey that was never saved. */
  state: JourneyState | null;
  journey: Journey;
}

type Asking = "launch" | "people" | "stop" | "delete" | "text" | null;

const CHECK_AFTER = 900;
const FIGURES_EVERY = 30_000;

export function Editor({ opened, onBack, onDirty }: { opened: Opened; onBack: () => void; onDirty: (dirty: boolean) => void }): JSX.Element {
  const { api, t, names, language } = useDesk();
  const [state, setState] = useState<JourneyState | null>(opened.state);
  const [history, setHistory] = useState<History<Journey>>(begin(opened.journey));
  const [selected, setSelected] = useState<string | null>(null);
  const [adding, setAdding] = useState<Spot | null>(null);
  const [asking, setAsking] = useState<Asking>(null);
  const [conflict, setConflict] = useState<{ version: number } | null>(null);
  const [busy, setBusy] = useState("");
  const [note, setNote] = useState("");
  const [findings, setFindings] = useState<{ of: Journey; list: Finding[] } | null>(null);
  const [steps, setSteps] = useState<JourneySteps | null>(null);
  const journey = history.now;
  const dirty = state === null || !same(journey, state.journey);
  const checks = useRef(0);
  const latest = useRef<{ save: () => Promise<unknown> }>({ save: async () => null });

  useEffect(() => onDirty(dirty), [dirty]);

  const edit = useCallback((next: Journey, about = "", select?: string): void => {
    setHistory((now) => edited(now, next, about));
    if (select !== undefined) setSelected(select);
    setNote("");
  }, []);
  const undo = (): void => setHistory(undone);
  const redo = (): void => setHistory(redone);

  const attempt = async <T,>(label: string, work: () => Promise<T>): Promise<T | null> => {
    setBusy(label);
    setNote("");
    try {
      return await work();
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      setNote(error.said(language));
      if (error.status === 400) setFindings({ of: journey, list: refused(error.details, error.message) });
      return null;
    } finally {
      setBusy("");
    }
  };

  const check = useCallback(async (asked: Journey): Promise<void> => {
    const number = (checks.current += 1);
    const gaps = gapsOf(asked);
    if (gaps.length || !api) {
      setFindings({ of: asked, list: gaps });
      return;
    }
    const list = await api.check(asked).then((answer) => answer.findings, (error: unknown) => {
      if (!(error instanceof ApiError)) throw error;
      if (error.status === 400) return refused(error.details, error.message);
      setNote(error.said(language));
      return null;
    });
    if (list && number === checks.current) setFindings({ of: asked, list });
  }, [api, language]);

  useEffect(() => {
    const later = setTimeout(() => void check(journey), CHECK_AFTER);
    return () => clearTimeout(later);
  }, [journey, check]);

  useEffect(() => {
    if (!api || !state?.published_version) return undefined;
    const ask = (): void => {
      if (!document.hidden) api.figures(journey.journey_id).then(setSteps, () => setSteps(null));
    };
    ask();
    const again = setInterval(ask, FIGURES_EVERY);
    return () => clearInterval(again);
  }, [state]);

  const save = (basedOn: number | null = state?.version ?? 0): Promise<JourneyState | null> =>
    attempt("save", async () => {
      if (!api) return null;
      try {
        const saved = await api.save(journey, basedOn);
        setState(saved);
        setConflict(null);
        return saved;
      } catch (error) {
        if (!(error instanceof ApiError) || error.status !== 409) throw error;
        const theirs = await api.journey(journey.journey_id);
        setConflict({ version: theirs.version });
        return null;
      }
    });
  const launch = async (): Promise<void> => {
    const gaps = gapsOf(journey);
    if (gaps.length) {
      setFindings({ of: journey, list: gaps });
      setSelected(placed(gaps, journey)[0]?.step ?? "");
      return;
    }
    if (dirty && !(await save())) return;
    setAsking("launch");
  };
  const told = async (verb: "pause" | "resume"): Promise<void> => {
    const answer = await attempt(verb, async () => api?.post<JourneyState>(`journeys/${encodeURIComponent(journey.journey_id)}/${verb}`));
    if (answer) setState(answer);
  };

  const pick = (kind: Kind, spot: Spot): void => {
    const before = spot === "entry" ? "" : spot.from;
    const step = newStep(kind, journey, names, before, language);
    setAdding(null);
    edit(insert(journey, spot, step), "", step.name);
  };
  const drop = (spot: Spot, what: Dragged): void => {
    if ("kind" in what) pick(what.kind as Kind, spot);
    else if ("step" in what) edit(move(journey, what.step, spot), "", what.step);
  };
  const take = (name: string): void => {
    edit(remove(journey, name));
    setSelected(null);
  };

  latest.current = { save };
  useEffect(() => {
    const press = (event: KeyboardEvent): void => {
      if (!(event.ctrlKey || event.metaKey) || document.querySelector("dialog[open]")) return;
      const key = event.key.toLowerCase();
      const typing = event.target instanceof HTMLInputElement || event.target instanceof HTMLTextAreaElement;
      if (key === "s") {
        event.preventDefault();
        (document.activeElement as HTMLElement | null)?.blur(); // a name counts when its field is left
        setTimeout(() => void latest.current.save());
      }
      else if (typing) return;
      else if (key === "z" && !event.shiftKey) { event.preventDefault(); undo(); }
      else if (key === "y" || (key === "z" && event.shiftKey)) { event.preventDefault(); redo(); }
    };
    addEventListener("keydown", press);
    return () => removeEventListener("keydown", press);
  });

  const checked = findings !== null && findings.of === journey;
  const list = useMemo(() => placed(findings?.list ?? [], findings?.of ?? journey), [findings]);
  const figures = useMemo(() => new Map((steps?.steps ?? []).map((one) => [one.step, one])), [steps]);
  const errors = list.filter((one) => one.severity === "error").length;
  const live = state?.status === "published" || state?.status === "paused";
  const menu: MenuItem[] = [
    { label: t("as_text"), run: () => setAsking("text") },
    { label: t("export"), run: () => download(journey) },
    ...(state?.published_version ? [{ label: t("people"), run: () => setAsking("people") }] : []),
    ...(state?.status === "published" ? [{ label: t("pause"), run: () => void told("pause") }] : []),
    ...(live ? [{ label: t("stop"), run: () => setAsking("stop"), danger: true }] : []),
    ...(state && (state.status === "draft" || state.status === "archived") ? [{ label: t("delete"), run: () => setAsking("delete"), danger: true }] : []),
  ];

  return (
    <div class="editor">
      <header class="bar">
        <IconButton icon="back" label={t("back")} onClick={onBack} />
        <div class="bar-title">
          <h1>{journey.title || journey.journey_id}</h1>
          <p>
            <Status state={state} />
            <span class="bar-detail">{versions(state, t)}</span>
            <span class={dirty ? "unsaved" : "saved"} role="status">{busy === "save" ? t("saving") : dirty ? t("unsaved") : t("saved")}</span>
          </p>
        </div>
        <div class="bar-tools">
          <IconButton icon="undo" label={t("undo")} disabled={!history.past.length} onClick={undo} />
          <IconButton icon="redo" label={t("redo")} disabled={!history.future.length} onClick={redo} />
          <Button kind="quiet" icon={checked && errors ? "error" : "check"} onClick={() => { setSelected(null); void check(journey); }}>{t("check")}</Button>
          <Button disabled={!dirty || busy !== ""} onClick={() => void save()}>{t("save")}</Button>
          {state?.status === "paused" ? <Button disabled={busy !== ""} onClick={() => void told("resume")}>{t("resume")}</Button> : null}
          {state?.status === "published" ? <Button icon="pause" disabled={busy !== ""} title={t("pause_says")} onClick={() => void told("pause")}>{t("pause")}</Button> : null}
          <Button kind="primary" icon="rocket" disabled={busy !== ""} onClick={() => void launch()}>{t("launch")}</Button>
          <Menu label={t("more")} items={menu} />
        </div>
      </header>
      {note ? <p class="note" role="alert"><Icon name="error" />{note}</p> : null}
      <div class="workbench">
        <Palette onPick={(kind) => pick(kind, spotFor(journey, selected))} />
        <Canvas
          journey={journey} selected={selected} figures={figures} findings={checked ? list : list.filter((one) => one.step === null || placeOf(journey, one.step) >= 0)}
          onSelect={setSelected} onAdd={setAdding} onDropStep={drop} onRemove={take}
          onConnect={(from, field, to) => edit(connect(journey, from, field, to))}
        />
        <div class="side">
          <Panel journey={journey} selected={selected} findings={list} onEdit={edit} onSelect={setSelected} onRemove={take} />
          <FindingsSummary findings={list} checked={checked} running={!checked && findings === null} onSelect={setSelected} />
        </div>
      </div>
      {adding ? <PickKind onPick={(kind) => pick(kind, adding)} onClose={() => setAdding(null)} /> : null}
      {asking === "launch" && state ? <Launch state={state} onClose={() => setAsking(null)} onLaunched={setState} /> : null}
      {asking === "people" ? <People journeyId={journey.journey_id} figures={steps?.figures ?? null} onClose={() => setAsking(null)} /> : null}
      {asking === "text" ? <TextEditor journey={journey} onClose={() => setAsking(null)} onApply={(next) => { edit(next); setSelected(null); setAsking(null); }} /> : null}
      {asking === "stop" ? <Stopping journeyId={journey.journey_id} onClose={() => setAsking(null)} onStopped={() => { if (state) setState({ ...state, status: "archived" }); }} /> : null}
      {asking === "delete" ? <Deleting journeyId={journey.journey_id} onClose={() => setAsking(null)} onDeleted={() => { onDirty(false); onBack(); }} /> : null}
      {conflict ? (
        <Conflict
          theirs={conflict.version} mine={state?.version ?? null} onClose={() => setConflict(null)}
          onMine={() => void save(conflict.version)}
          onTheirs={() => void attempt("load", async () => {
            const found = await api?.journey(journey.journey_id);
            if (!found) return;
            setState(found);
            edit(found.journey);
            setSelected(null);
            setConflict(null);
          })}
        />
      ) : null}
    </div>
  );
}

function versions(state: JourneyState | null, t: (key: "version" | "people_meet" | "nobody_meets", values?: Record<string, number>) => string): string {
  if (!state) return t("nobody_meets");
  const meets = state.published_version === null ? t("nobody_meets") : state.published_version === state.version ? "" : t("people_meet", { n: state.published_version });
  return [`${t("version")} ${state.version}`, meets].filter(Boolean).join(" · ");
}

/** Where a kind from the palette goes: behind what is selected, else to where the main way ends. */
function spotFor(journey: Journey, selected: string | null): Spot {
  const step = journey.steps.find((one) => one.name === selected);
  const way = step && mainWay(step);
  if (step && way) return { from: step.name, field: way };
  if (selected === "" || !journey.steps.length) return "entry";
  const last = [...edgesOf(journey)].reverse().find((edge) => edge.to === END);
  return last ? { from: last.from, field: last.field } : "entry";
}

function download(journey: Journey): void {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(new Blob([yamlOf(journey)], { type: "application/yaml" }));
  link.download = `${journey.journey_id}.yaml`;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 1_000);
}
