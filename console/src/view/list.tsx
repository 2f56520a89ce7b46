/** All journeys with their status and figures, and how a new one begins. */
import type { JSX } from "preact";
import { useEffect, useState } from "preact/hooks";
import { ApiError, type JourneyFigures, type JourneyState } from "../api.ts";
import { newEntry } from "../model/begin.ts";
import type { Fields } from "../model/json.ts";
import type { Journey } from "../model/journey.ts";
import { entryText } from "../model/summary.ts";
import { journeysIn, YamlError } from "../model/yaml.ts";
import { useDesk } from "./desk.ts";
import { Dialog } from "./dialog.tsx";
import { AreaField, Button, TextField } from "./fields.tsx";
import { EntryForm } from "./settings.tsx";
import { Status } from "./status.tsx";

type Filter = "all" | JourneyState["status"];
const FILTERS: Filter[] = ["all", "published", "draft", "paused", "archived"];

export function JourneyList({ journeys, onOpen, onNew, onImport }: {
  journeys: JourneyState[]; onOpen: (id: string) => void; onNew: () => void; onImport: () => void;
}): JSX.Element {
  const { api, t, names, language } = useDesk();
  const [figures, setFigures] = useState<Record<string, JourneyFigures>>({});
  const [sought, setSought] = useState("");
  const [filter, setFilter] = useState<Filter>("all");
  useEffect(() => {
    api?.get<{ figures: { journeys: Record<string, JourneyFigures> } }>("figures").then(
      (answer) => setFigures(answer.figures.journeys),
      (error: unknown) => { if (!(error instanceof ApiError)) throw error; },
    );
  }, [journeys]);
  const text = sought.trim().toLowerCase();
  const shown = journeys.filter((one) =>
    (filter === "all" || one.status === filter) &&
    (!text || `${one.journey.title} ${one.journey.journey_id}`.toLowerCase().includes(text)));
  const number = new Intl.NumberFormat(language === "zh" ? "zh-CN" : "en");
  const day = new Intl.DateTimeFormat(language === "zh" ? "zh-CN" : "en", { dateStyle: "medium" });
  return (
    <main class="list" id="content">
      <header class="list-head">
        <h1>{t("journeys")}</h1>
        <div class="bar-tools">
          <Button onClick={onImport}>{t("import")}</Button>
          {journeys.length ? <Button kind="primary" icon="plus" onClick={onNew}>{t("new_journey")}</Button> : null}
        </div>
      </header>
      {journeys.length === 0 ? (
        <section class="empty">
          <h2>{t("none_yet")}</h2>
          <p>{t("none_yet_says")}</p>
          <Button kind="primary" icon="plus" onClick={onNew}>{t("new_journey")}</Button>
        </section>
      ) : (
        <>
          <div class="filters">
            <input type="search" aria-label={t("search")} placeholder={t("search")} value={sought} onInput={(event) => setSought(event.currentTarget.value)} />
            <div role="group" aria-label={t("status")}>
              {FILTERS.map((one) => (
                <button key={one} type="button" class="filter" aria-pressed={filter === one} onClick={() => setFilter(one)}>{t(one)}</button>
              ))}
            </div>
          </div>
          {shown.length === 0 ? <p class="help">{t("none_found")}</p> : null}
          <ul class="journeys">
            {shown.map((one) => {
              const counted = figures[one.journey.journey_id];
              const exited = Object.values(counted?.exited ?? {}).reduce((sum, each) => sum + each, 0);
              const cells: [string, number | undefined][] = [
                [t("inside_now"), counted?.active], [t("entered"), counted?.started],
                [t("completed"), counted?.completed], [t("left_early"), counted ? exited : undefined],
              ];
              return (
                <li key={one.journey.journey_id}>
                  <a href={`#/journeys/${one.journey.journey_id}`} onClick={(event) => { event.preventDefault(); onOpen(one.journey.journey_id); }}>
                    <span class="journey-title">{one.journey.title}</span>
                    <span class="journey-entry">{entryText(one.journey.entry, names, language)}</span>
                  </a>
                  <p class="journey-status">
                    <Status state={one} />
                    {one.published_version !== null && one.version !== one.published_version ? <span class="help">{t("newer_draft")}</span> : null}
                  </p>
                  <dl>
                    {cells.map(([label, count]) => <div key={label}><dt>{label}</dt><dd>{count === undefined ? "–" : number.format(count)}</dd></div>)}
                    <div class="journey-day"><dt>{t("changed")}</dt><dd>{day.format(new Date(one.updated_at))}</dd></div>
                  </dl>
                </li>
              );
            })}
          </ul>
        </>
      )}
    </main>
  );
}

const SLUG = /^[a-z][a-z0-9_-]{0,63}$/;

export function NewJourney({ taken, onCreate, onClose }: { taken: readonly string[]; onCreate: (journey: Journey) => void; onClose: () => void }): JSX.Element {
  const { t } = useDesk();
  const [title, setTitle] = useState("");
  const [typedId, setTypedId] = useState<string | null>(null);
  const [entry, setEntry] = useState<Fields>(newEntry("event"));
  const id = typedId ?? slugOf(title, taken);
  const clash = taken.includes(id);
  const ready = title.trim() !== "" && SLUG.test(id) && !clash;
  const create = (): void => {
    if (ready) onCreate({ journey_id: id, title: title.trim(), entry, steps: [] });
  };
  const actions = (
    <>
      <Button onClick={onClose}>{t("cancel")}</Button>
      <button type="submit" form="new-journey" class="button primary" disabled={!ready}>{t("create")}</button>
    </>
  );
  return (
    <Dialog title={t("new_journey")} onClose={onClose} actions={actions}>
      <form class="form" id="new-journey" onSubmit={(event) => { event.preventDefault(); create(); }}>
        <TextField label={t("title")} value={title} onInput={setTitle} autoFocus />
        <TextField label={t("id")} help={t("id_help")} value={id} onInput={setTypedId} error={clash ? t("id_taken") : undefined} />
        <fieldset class="group">
          <legend>{t("starts_when")}</legend>
          <EntryForm entry={entry} onChange={setEntry} />
        </fieldset>
      </form>
    </Dialog>
  );
}

function slugOf(title: string, taken: readonly string[]): string {
  const base = title.toLowerCase().normalize("NFKD").replace(/[^a-z0-9]+/g, "-").replace(/^[^a-z]+|-+$/g, "").slice(0, 56) || "journey";
  for (let number = 1; ; number += 1) {
    const id = number === 1 ? base : `${base}-${number}`;
    if (!taken.includes(id)) return id;
  }
}

export function ImportJourney({ onOpen, onClose }: { onOpen: (journey: Journey) => void; onClose: () => void }): JSX.Element {
  const { t } = useDesk();
  const [text, setText] = useState("");
  const [wrong, setWrong] = useState("");
  const [found, setFound] = useState<Journey[]>([]);
  const read = (): void => {
    try {
      const journeys = journeysIn(text);
      const [only] = journeys;
      if (journeys.length === 1 && only) onOpen(only);
      else setFound(journeys);
      setWrong("");
    } catch (error) {
      if (!(error instanceof YamlError)) throw error;
      setWrong(t("yaml_odd", { why: error.message }));
    }
  };
  const actions = (
    <>
      <Button onClick={onClose}>{t("cancel")}</Button>
      <Button kind="primary" disabled={!text.trim()} onClick={read}>{t("open")}</Button>
    </>
  );
  return (
    <Dialog title={t("import")} onClose={onClose} actions={actions} wide>
      <p class="help">{t("import_says")}</p>
      <label class="file">
        {t("file")} <input type="file" accept=".yaml,.yml" onChange={(event) => void event.currentTarget.files?.[0]?.text().then(setText)} />
      </label>
      <div class="code"><AreaField label="YAML" value={text} onInput={setText} rows={14} error={wrong || undefined} /></div>
      {found.length ? (
        <section class="part">
          <h3>{t("imported_many")}</h3>
          {found.map((one) => <Button key={one.journey_id} onClick={() => onOpen(one)}>{one.title} ({one.journey_id})</Button>)}
        </section>
      ) : null}
    </Dialog>
  );
}
