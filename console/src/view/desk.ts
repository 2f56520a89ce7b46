/** What every part of the page needs: the language, the API and the names of the workspace. */
import { createContext } from "preact";
import { useContext } from "preact/hooks";
import type { Api } from "../api.ts";
import type { Bilingual, Language } from "../model/json.ts";
import { type Names, NO_NAMES } from "../model/names.ts";
import { type Word, word } from "../words.ts";

export interface Desk {
  language: Language;
  api: Api | null;
  names: Names;
}

export const DeskContext = createContext<Desk>({ language: "en", api: null, names: NO_NAMES });

export interface Speaking extends Desk {
  t: (key: Word, values?: Record<string, string | number>) => string;
  say: (text: Bilingual) => string;
}

export function useDesk(): Speaking {
  const desk = useContext(DeskContext);
  return {
    ...desk,
    t: (key, values) => word(desk.language, key, values),
    say: (text) => text[desk.language],
  };
}
