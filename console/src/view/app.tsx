/** The page: signing in, the list, one journey. */
import type { JSX } from "preact";
import { useEffect, useMemo, useRef, useState } from "preact/hooks";
import { Api, ApiError, type JourneyState } from "../api.ts";
import type { Fields, Language } from "../model/json.ts";
import type { Journey } from "../model/journey.ts";
import { type Answers, type Names, namesOf, NO_NAMES } from "../model/names.ts";
import { type Desk, DeskContext, useDesk } from "./desk.ts";
import { Editor, type Opened } from "./editor.tsx";
import { Button } from "./fields.tsx";
import { ImportJourney, JourneyList, NewJourney } from "./list.tsx";

const KEY = "rapport-admin-key";
const LANGUAGE = "rapport-language";

function firstLanguage(): Language {
  const kept = localStorage.getItem(LANGUAGE);
  if (kept === "en" || kept === "zh") return kept;
  return navigator.language.toLowerCase().startsWith("zh") ? "zh" : "en";
}

export function App(): JSX.Element {
  const [language, setLanguage] = useState<Language>(firstLanguage);
  const [key, setKey] = useState(sessionStorage.getItem(KEY) ?? "");
  const [names, setNames] = useState<Names>(NO_NAMES);
  const api = useMemo(() => (key ? new Api(key) : null), [key]);
  const desk: Desk = { language, api, names };
  useEffect(() => {
    document.documentElement.lang = language === "zh" ? "zh-CN" : "en";
    localStorage.setItem(LANGUAGE, language);
  }, [language]);
  const signIn = (given: string): void => {
    sessionStorage.setItem(KEY, given);
    setKey(given);
  };
  const signOut = (): void => {
    sessionStorage.removeItem(KEY);
    setKey("");
    setNames(NO_NAMES);
  };
  const switchLanguage = (): void => setLanguage(language === "en" ? "zh" : "en");
  return (
    <DeskContext.Provider value={desk}>
      {api ? <Workspace onNames={setNames} onSignOut={signOut} onLanguage={switchLanguage} /> : <SignIn onKey={signIn} onLanguage={switchLanguage} />}
    </DeskContext.Provider>
  );
}

function Brand(): JSX.Element {
  return (
    <span class="brand">
      <svg viewBox="0 0 24 24" aria-hidden="true"><circle cx="9" cy="12" r="6.5" /><circle cx="15" cy="12" r="6.5" /></svg>
      Rapport <span lang="zh-CN">知己</span>
    </span>
  );
}

function SignIn({ onKey, onLanguage }: { onKey: (key: string) => void; onLanguage: () => void }): JSX.Element {
  const { t, language } = useDesk();
  const [typed, setTyped] = useState("");
  const [wrong, setWrong] = useState("");
  const [busy, setBusy] = useState(false);
  const enter = async (): Promise<void> => {
    const key = typed.trim();
    if (!key) return;
    setBusy(true);
    try {
      await new Api(key).get("settings");
      onKey(key);
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      setWrong(error.said(language));
    } finally {
      setBusy(false);
    }
  };
  return (
    <main class="sign-in">
      <form onSubmit={(event) => { event.preventDefault(); void enter(); }}>
        <h1><Brand /></h1>
        <div class={wrong ? "field wrong" : "field"}>
          <label for="key">{t("admin_key")}</label>
          <input
            id="key" type="password" value={typed} autocomplete="off" aria-describedby="key-says" aria-invalid={wrong ? "true" : undefined}
            onInput={(event) => setTyped(event.currentTarget.value)}
          />
          <p id="key-says" class={wrong ? "mistake" : "help"} role={wrong ? "alert" : undefined}>{wrong || t("sign_in_says")}</p>
        </div>
        <button type="submit" class="button primary" disabled={busy}>{t("sign_in")}</button>
        <button type="button" class="button quiet" lang={language === "en" ? "zh-CN" : "en"} onClick={onLanguage}>{t("language")}</button>
      </form>
    </main>
  );
}

function idIn(hash: string): string | undefined {
  return /^#\/journeys\/([a-z0-9_-]+)$/.exec(hash)?.[1];
}

type Asking = "new" | "import" | null;

function Workspace({ onNames, onSignOut, onLanguage }: { onNames: (names: Names) => void; onSignOut: () => void; onLanguage: () => void }): JSX.Element {
  const { api, t, language } = useDesk();
  const [journeys, setJourneys] = useState<JourneyState[] | null>(null);
  const [opened, setOpened] = useState<Opened | null>(null);
  const [asking, setAsking] = useState<Asking>(null);
  const [wrong, setWrong] = useState("");
  const dirty = useRef(false);
  const shown = useRef<string | null>(null);
  shown.current = opened?.journey.journey_id ?? null;

  const fail = (error: unknown): void => {
    if (!(error instanceof ApiError)) throw error;
    if (error.status === 401) onSignOut();
    else setWrong(error.said(language));
  };
  const load = async (): Promise<void> => {
    if (!api) return;
    setWrong("");
    const rows = <T,>(path: string, field: string): Promise<T[]> => api.get<Record<string, T[]>>(path).then((answer) => answer[field] ?? []);
    try {
      const [found, templates, segments, tags, lists, lifecycle] = await Promise.all([
        rows<JourneyState>("journeys", "journeys"), rows<Fields>("templates", "templates"), rows<Fields>("segments", "segments"),
        rows<Fields>("tags", "tags"), rows<Fields>("lists", "lists"), api.get<Fields>("lifecycle"),
      ]);
      const answers: Answers = { templates, segments, tags, lists, lifecycle, journeys: found as unknown as Fields[] };
      onNames(namesOf(answers));
      setJourneys(found);
    } catch (error) {
      fail(error);
    }
  };

  const go = (path: string): void => {
    if (location.hash !== path) history.pushState(null, "", path);
  };
  const leave = (): boolean => !dirty.current || confirm(t("leave_unsaved"));
  const back = (): void => {
    if (!leave()) return;
    dirty.current = false;
    setOpened(null);
    go("#/journeys");
    void load();
  };
  const open = async (id: string): Promise<void> => {
    if (!api || !leave()) return;
    try {
      const state = await api.journey(id);
      dirty.current = false;
      setOpened({ state, journey: state.journey });
      go(`#/journeys/${id}`);
    } catch (error) {
      if (error instanceof ApiError && error.status === 404) go("#/journeys");
      else fail(error);
    }
  };
  const start = async (journey: Journey): Promise<void> => {
    if (!api) return;
    // What is imported may be a newer text of a journey that is there.
    const known = journeys?.some((one) => one.journey.journey_id === journey.journey_id);
    try {
      const state = known ? await api.journey(journey.journey_id) : null;
      setAsking(null);
      setOpened({ state, journey });
      go(`#/journeys/${journey.journey_id}`);
    } catch (error) {
      fail(error);
    }
  };

  useEffect(() => {
    void load().then(follow);
    const warn = (event: BeforeUnloadEvent): void => { if (dirty.current) event.preventDefault(); };
    addEventListener("beforeunload", warn);
    addEventListener("popstate", follow);
    return () => { removeEventListener("beforeunload", warn); removeEventListener("popstate", follow); };
  }, [api]);

  /** Shows what the address says. Who does not want to leave stays, and so does the address. */
  function follow(): void {
    const id = idIn(location.hash);
    if (!leave()) {
      if (shown.current) history.pushState(null, "", `#/journeys/${shown.current}`);
      return;
    }
    dirty.current = false;
    if (id) void open(id);
    else setOpened(null);
  }

  return (
    <>
      <a class="skip" href="#content" onClick={(event) => { event.preventDefault(); document.querySelector<HTMLElement>("main, .canvas button")?.focus(); }}>{t("skip")}</a>
      <header class="top">
        <Brand />
        <span class="top-room">{t("journeys")}</span>
        <button type="button" class="button quiet" lang={language === "en" ? "zh-CN" : "en"} onClick={onLanguage}>{t("language")}</button>
        <Button kind="quiet" onClick={onSignOut}>{t("sign_out")}</Button>
      </header>
      {wrong ? <p class="note" role="alert">{wrong} <Button kind="quiet" onClick={() => void load()}>{t("again")}</Button></p> : null}
      {opened ? (
        <main class="room" id="content" tabIndex={-1}>
          <Editor key={opened.journey.journey_id} opened={opened} onBack={back} onDirty={(is) => { dirty.current = is; }} />
        </main>
      ) : journeys ? (
        <JourneyList journeys={journeys} onOpen={(id) => void open(id)} onNew={() => setAsking("new")} onImport={() => setAsking("import")} />
      ) : wrong ? null : <p class="loading" role="status">{t("loading")}</p>}
      {asking === "new" ? <NewJourney taken={(journeys ?? []).map((one) => one.journey.journey_id)} onCreate={(one) => void start(one)} onClose={() => setAsking(null)} /> : null}
      {asking === "import" ? <ImportJourney onOpen={(one) => void start(one)} onClose={() => setAsking(null)} /> : null}
    </>
  );
}
