/** The looks; a page sets `--rapport-accent`, `--rapport-on-accent` and `--rapport-font`. */

export const STYLE = `
:host { all: initial; }
* { box-sizing: border-box; margin: 0; font: inherit; color: inherit; }
.root {
  --accent: var(--rapport-accent, #1a56b8);
  --on-accent: var(--rapport-on-accent, #fff);
  --paper: #fff; --ink: #1c2430; --soft: #586374; --line: #d9dee6; --tint: #f3f5f8;
  font: 400 15px/1.55 var(--rapport-font, system-ui, -apple-system, "Segoe UI", "PingFang SC",
    "Microsoft YaHei", sans-serif);
  color: var(--ink); color-scheme: light;
}
button { cursor: pointer; border: 0; background: none; border-radius: 8px; padding: 8px 14px; }
:focus-visible { outline: 3px solid var(--accent); outline-offset: 2px; }
dialog {
  border: 1px solid var(--line); border-radius: 14px; padding: 0; background: var(--paper);
  color: var(--ink); box-shadow: 0 12px 40px rgb(15 23 42 / 22%); max-width: 100vw;
  animation: rise .18s ease-out;
}
dialog::backdrop { background: rgb(15 23 42 / 45%); }
@keyframes rise { from { opacity: 0; translate: 0 8px; } }
.popup { width: min(420px, calc(100vw - 32px)); max-height: calc(100vh - 32px); overflow: auto; }
.popup.centre { margin: auto; }
.popup.corner, .popup.top { position: fixed; z-index: 2147483646; margin: 0; }
.popup.corner { inset: auto 16px 16px auto; }
.popup.top { inset: 16px 16px auto; margin: 0 auto; }
.panel {
  position: fixed; inset: auto 16px 84px auto; margin: 0; z-index: 2147483645;
  width: min(380px, calc(100vw - 32px)); max-height: min(600px, calc(100vh - 104px));
}
.panel[open] { display: flex; flex-direction: column; }
.head { display: flex; align-items: center; gap: 8px; padding: 14px 12px 14px 20px;
  border-bottom: 1px solid var(--line); }
.head h2 { flex: 1; font-weight: 650; font-size: 17px; }
.list { overflow: auto; list-style: none; padding: 0; }
.list > li + li { border-top: 1px solid var(--line); }
.foot { border-top: 1px solid var(--line); padding: 0 20px 16px; }
.empty { padding: 28px 20px; color: var(--soft); text-align: center; }
article { padding: 20px; position: relative; }
article img { display: block; width: 100%; height: auto; max-height: 260px; object-fit: cover;
  border-radius: 8px; margin-bottom: 14px; }
article h2, article h3 { font-weight: 650; font-size: 17px; line-height: 1.35;
  padding-right: 36px; overflow-wrap: anywhere; }
article h3 { font-size: 15px; }
article p { margin-top: 6px; white-space: pre-line; overflow-wrap: anywhere; }
article time { display: block; margin-top: 8px; color: var(--soft); font-size: 13px; }
.x { width: 36px; height: 36px; padding: 0; font-size: 22px; line-height: 1; color: var(--soft); }
.x:hover { background: var(--tint); }
article > .x { position: absolute; inset: 12px 12px auto auto; }
.go, .main { display: inline-block; background: var(--accent); color: var(--on-accent);
  font-weight: 600; border-radius: 8px; padding: 8px 16px; margin-top: 14px; text-decoration: none; }
.go:hover, .main:hover { filter: brightness(.93); }
fieldset { position: relative; border: 0; padding: 0; margin-top: 4px; min-width: 0; }
.heard { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%);
  white-space: nowrap; padding: 0; }
.answers { display: flex; flex-wrap: wrap; gap: 8px; margin-top: 10px; }
.answers button { border: 1px solid var(--line); background: var(--paper); }
.answers button:hover { background: var(--tint); border-color: var(--soft); }
label { display: block; font-weight: 600; margin-top: 10px; }
textarea, input { width: 100%; margin-top: 6px; padding: 8px 10px; border: 1px solid #8a94a3;
  border-radius: 8px; background: var(--paper); resize: vertical; }
.said { margin-top: 12px; color: var(--soft); }
.said:empty { margin: 0; }
.launcher { position: fixed; inset: auto 16px 16px auto; z-index: 2147483645; width: 56px;
  height: 56px; border-radius: 50%; padding: 0; background: var(--accent); color: var(--on-accent);
  box-shadow: 0 6px 20px rgb(15 23 42 / 28%); display: grid; place-items: center; }
.launcher svg { width: 26px; height: 26px; }
.badge { position: absolute; inset: -2px -2px auto auto; min-width: 22px; height: 22px;
  border-radius: 11px; padding: 0 6px; background: #b3261e; color: #fff; font-size: 13px;
  line-height: 22px; font-weight: 650; text-align: center; }
[hidden] { display: none !important; }
@media (prefers-color-scheme: dark) {
  .root.auto { --accent: var(--rapport-accent, #8ab4f8); --on-accent: var(--rapport-on-accent, #0b1526);
    --paper: #1b222c; --ink: #e9edf3; --soft: #aab4c2; --line: #384252; --tint: #273040;
    color-scheme: dark; }
}
@media (prefers-reduced-motion: reduce) { dialog { animation: none; } }
`;
