/** A menu behind a button, for what is done rarely. */
import type { JSX } from "preact";
import { useEffect, useId, useRef, useState } from "preact/hooks";
import { IconButton } from "./fields.tsx";

export interface MenuItem { label: string; run: () => void; danger?: boolean }

export function Menu({ label, items }: { label: string; items: MenuItem[] }): JSX.Element {
  const id = useId();
  const box = useRef<HTMLDivElement>(null);
  const [open, setOpen] = useState(false);
  const buttons = (): HTMLElement[] => [...(box.current?.querySelectorAll<HTMLElement>("[role=menuitem]") ?? [])];
  useEffect(() => {
    if (!open) return undefined;
    buttons()[0]?.focus();
    const away = (event: Event): void => { if (!box.current?.contains(event.target as Node)) setOpen(false); };
    addEventListener("pointerdown", away);
    return () => removeEventListener("pointerdown", away);
  }, [open]);
  const close = (): void => {
    setOpen(false);
    box.current?.querySelector("button")?.focus();
  };
  const press = (event: KeyboardEvent): void => {
    if (!open) return;
    const all = buttons();
    const here = all.indexOf(document.activeElement as HTMLElement);
    const next = { ArrowDown: here + 1, ArrowUp: here - 1 + all.length, Home: 0, End: all.length - 1 }[event.key];
    if (event.key === "Escape") close();
    else if (next !== undefined) { event.preventDefault(); all[next % all.length]?.focus(); }
  };
  return (
    <div class="menu" ref={box} onKeyDown={press} data-open={open ? "" : undefined} id={id}>
      <IconButton icon="more" label={label} onClick={() => setOpen(!open)} />
      {open ? (
        <div role="menu" aria-label={label} class="menu-items">
          {items.map((item) => (
            <button key={item.label} type="button" role="menuitem" tabIndex={-1} class={item.danger ? "danger" : ""} onClick={() => { close(); item.run(); }}>{item.label}</button>
          ))}
        </div>
      ) : null}
    </div>
  );
}
