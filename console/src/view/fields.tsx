/** The small inputs that all forms are made of: each with its label, its help and its mistake. */
import type { ComponentChildren, JSX } from "preact";
import { useEffect, useId, useState } from "preact/hooks";
import { isoOf, said, understood } from "../model/duration.ts";
import type { Option } from "../model/names.ts";
import { useDesk } from "./desk.ts";
import { Icon } from "./icons.tsx";

interface Labelled {
  label: string;
  help?: string | undefined;
  error?: string | undefined;
}

function Field({ label, help, error, children, id }: Labelled & { children: ComponentChildren; id: string }): JSX.Element {
  return (
    <div class={error ? "field wrong" : "field"}>
      <label for={id}>{label}</label>
      {children}
      {error ? <p class="mistake" id={`${id}-says`}>{error}</p> : help ? <p class="help" id={`${id}-says`}>{help}</p> : null}
    </div>
  );
}

interface TextProps extends Labelled {
  value: string;
  onInput: (value: string) => void;
  options?: readonly string[];
  placeholder?: string;
  autoFocus?: boolean;
  disabled?: boolean;
}

export function TextField({ value, onInput, options, placeholder, autoFocus, disabled, ...labelled }: TextProps): JSX.Element {
  const id = useId();
  const says = labelled.error || labelled.help ? `${id}-says` : undefined;
  return (
    <Field id={id} {...labelled}>
      <input
        id={id} type="text" value={value} placeholder={placeholder} disabled={disabled} autocomplete="off" spellcheck={false}
        aria-describedby={says} aria-invalid={labelled.error ? "true" : undefined}
        list={options?.length ? `${id}-list` : undefined}
        ref={autoFocus ? focusOnce : null}
        onInput={(event) => onInput(event.currentTarget.value)}
      />
      {options?.length ? <datalist id={`${id}-list`}>{options.map((one) => <option key={one} value={one} />)}</datalist> : null}
    </Field>
  );
}

const focused = new WeakSet<HTMLElement>();

function focusOnce(element: HTMLElement | null): void {
  if (!element || focused.has(element)) return;
  focused.add(element);
  element.focus();
}

export function AreaField({ value, onInput, rows = 6, ...labelled }: Labelled & { value: string; onInput: (value: string) => void; rows?: number }): JSX.Element {
  const id = useId();
  return (
    <Field id={id} {...labelled}>
      <textarea
        id={id} rows={rows} value={value} spellcheck={false} aria-invalid={labelled.error ? "true" : undefined}
        aria-describedby={labelled.error || labelled.help ? `${id}-says` : undefined}
        onInput={(event) => onInput(event.currentTarget.value)}
      />
    </Field>
  );
}

interface NumberProps extends Labelled {
  value: number | null;
  onInput: (value: number | null) => void;
  least?: number;
  most?: number;
  step?: number | "any";
}

export function NumberField({ value, onInput, least, most, step = 1, ...labelled }: NumberProps): JSX.Element {
  const id = useId();
  return (
    <Field id={id} {...labelled}>
      <input
        id={id} type="number" value={value ?? ""} min={least} max={most} step={step}
        aria-describedby={labelled.error || labelled.help ? `${id}-says` : undefined}
        onInput={(event) => {
          const text = event.currentTarget.value;
          onInput(text === "" || Number.isNaN(Number(text)) ? null : Number(text));
        }}
      />
    </Field>
  );
}

export interface Choice { id: string; title: string }

interface SelectProps extends Labelled {
  value: string;
  onChange: (value: string) => void;
  choices: readonly Choice[];
  /** What is shown before anything is chosen. */
  empty?: string | undefined;
}

export function SelectField({ value, onChange, choices, empty, ...labelled }: SelectProps): JSX.Element {
  const id = useId();
  const { t } = useDesk();
  const known = choices.some((one) => one.id === value);
  return (
    <Field id={id} {...labelled}>
      <select
        id={id} value={value} aria-describedby={labelled.error || labelled.help ? `${id}-says` : undefined}
        onChange={(event) => onChange(event.currentTarget.value)}
      >
        {empty !== undefined || (!known && value === "") ? <option value="" selected={value === ""}>{empty ?? t("choose")}</option> : null}
        {!known && value !== "" ? <option value={value} selected>{t("unknown", { id: value })}</option> : null}
        {choices.map((one) => <option key={one.id} value={one.id} selected={one.id === value}>{one.title}</option>)}
      </select>
    </Field>
  );
}

/** A choice among what the workspace has; what is not there stays visible. */
export function NamedField({ options, ...rest }: Omit<SelectProps, "choices"> & { options: readonly Option[] }): JSX.Element {
  const { language } = useDesk();
  const choices = options.map((one) => ({
    id: one.id,
    title: one.title[language] === one.id ? one.id : `${one.title[language]} (${one.id})`,
  }));
  return <SelectField {...rest} choices={choices} />;
}

export function CheckField({ label, value, onChange, help }: { label: string; value: boolean; onChange: (value: boolean) => void; help?: string }): JSX.Element {
  const id = useId();
  return (
    <div class="check">
      <input id={id} type="checkbox" checked={value} onChange={(event) => onChange(event.currentTarget.checked)} />
      <label for={id}>{label}</label>
      {help ? <p class="help">{help}</p> : null}
    </div>
  );
}

interface DurationProps extends Labelled {
  value: string;
  onInput: (iso: string) => void;
  /** In whole days, forward or back. */
  days?: boolean;
  /** May be left empty. */
  optional?: boolean;
}

/** A duration in plain words. The document keeps its own writing for as long as the words are not changed. */
export function DurationField({ value, onInput, days, optional, ...labelled }: DurationProps): JSX.Element {
  const { t, language } = useDesk();
  const [typed, setTyped] = useState(said(value, language));
  const [odd, setOdd] = useState(false);
  useEffect(() => {
    const seconds = understood(typed);
    if (seconds === null || isoOf(seconds) !== isoOf(understood(value) ?? -1)) {
      setTyped(said(value, language));
      setOdd(false);
    }
    // The field follows the document, not the other way round.
  }, [value, language]);
  const type = (text: string): void => {
    setTyped(text);
    if (optional && text.trim() === "") {
      setOdd(false);
      onInput("");
      return;
    }
    const seconds = understood(text);
    const fits = seconds !== null && (days ? seconds % 86_400 === 0 : seconds > 0);
    setOdd(!fits);
    if (fits && isoOf(seconds) !== isoOf(understood(value) ?? -1)) onInput(isoOf(seconds));
  };
  return <TextField {...labelled} help={labelled.help ?? t("duration_help")} value={typed} onInput={type} error={odd ? t("duration_odd") : labelled.error} />;
}

export function Button(props: {
  onClick: () => void; children: ComponentChildren; icon?: string; kind?: "primary" | "quiet" | "danger"; disabled?: boolean;
  label?: string; pressed?: boolean; title?: string;
}): JSX.Element {
  const { icon, kind, label, pressed, children, ...rest } = props;
  return (
    <button type="button" class={`button ${kind ?? ""}`} aria-label={label} aria-pressed={pressed} {...rest}>
      {icon ? <Icon name={icon} /> : null}
      {children}
    </button>
  );
}

export function IconButton({ icon, label, onClick, disabled, kind }: { icon: string; label: string; onClick: () => void; disabled?: boolean; kind?: string }): JSX.Element {
  return (
    <button type="button" class={`icon-button ${kind ?? ""}`} aria-label={label} title={label} onClick={onClick} disabled={disabled}>
      <Icon name={icon} />
    </button>
  );
}
