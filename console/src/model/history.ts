/** Undo and redo: documents never change, so each is kept as it was. */
export interface History<T> {
  past: readonly T[];
  now: T;
  future: readonly T[];
  /** What the last edit was about: edits of one field, one after another, are undone together. */
  about: string;
}

const LONGEST = 200;

export function begin<T>(now: T): History<T> {
  return { past: [], now, future: [], about: "" };
}

export function edited<T>(history: History<T>, now: T, about = ""): History<T> {
  if (now === history.now) return history;
  if (about && about === history.about) return { ...history, now, future: [] };
  return { past: [...history.past, history.now].slice(-LONGEST), now, future: [], about };
}

export function undone<T>(history: History<T>): History<T> {
  const now = history.past.at(-1);
  if (now === undefined) return history;
  return { past: history.past.slice(0, -1), now, future: [history.now, ...history.future], about: "" };
}

export function redone<T>(history: History<T>): History<T> {
  const [now, ...future] = history.future;
  if (now === undefined) return history;
  return { past: [...history.past, history.now], now, future, about: "" };
}
