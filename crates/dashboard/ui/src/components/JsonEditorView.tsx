/** CodeMirror for writing JSON, in a shadow root, where its styles are adopted sheets, which the policy allows. */
import { defaultKeymap, history, historyKeymap } from "@codemirror/commands";
import { json } from "@codemirror/lang-json";
import { bracketMatching, HighlightStyle, indentOnInput, syntaxHighlighting } from "@codemirror/language";
import { Compartment, EditorState, type Extension } from "@codemirror/state";
import { drawSelection, EditorView, highlightSpecialChars, keymap, lineNumbers } from "@codemirror/view";
import { tags } from "@lezer/highlight";
import { useEffect, useRef } from "react";
import { cx } from "@/lib/cx";
import type { JsonEditorProps } from "./JsonEditor";

const COLOURS = HighlightStyle.define([
  { tag: tags.propertyName, color: "var(--code-key)" },
  { tag: tags.string, color: "var(--code-string)" },
  { tag: tags.number, color: "var(--code-number)" },
  { tag: [tags.bool, tags.null], color: "var(--code-word)" },
]);

const LOOK = EditorView.theme({
  "&": {
    color: "var(--text)",
    backgroundColor: "var(--raised)",
    fontSize: "12.5px",
    minHeight: "9rem",
    maxHeight: "24rem",
  },
  "&.cm-focused": { outline: "none" },
  ".cm-scroller": { fontFamily: "var(--font-mono, monospace)", lineHeight: "1.6", overflow: "auto" },
  ".cm-gutters": { backgroundColor: "var(--sunken)", color: "var(--faint)", border: "none" },
  ".cm-content": { padding: "8px 0", caretColor: "var(--accent)" },
  ".cm-cursor": { borderLeftColor: "var(--accent)" },
  ".cm-selectionBackground, &.cm-focused .cm-selectionBackground": {
    backgroundColor: "color-mix(in srgb, var(--accent) 25%, transparent) !important",
  },
  "&.cm-focused .cm-matchingBracket": { backgroundColor: "var(--accent-soft)" },
});

/** Tab moves on to the next control, as everywhere: nobody is caught in here. */
const base = (): Extension[] => [
  lineNumbers(),
  history(),
  highlightSpecialChars(),
  drawSelection(),
  indentOnInput(),
  bracketMatching(),
  json(),
  keymap.of([...defaultKeymap, ...historyKeymap]),
  EditorView.lineWrapping,
  syntaxHighlighting(COLOURS),
  LOOK,
];

const named = ({ label, isInvalid, isReadOnly, describedBy }: JsonEditorProps): Extension => [
  EditorView.contentAttributes.of({
    "aria-label": label,
    ...(isInvalid && { "aria-invalid": "true" }),
    ...(isReadOnly && { "aria-readonly": "true" }),
    ...(describedBy && { "aria-describedby": describedBy }),
  }),
  EditorState.readOnly.of(Boolean(isReadOnly)),
];

export default function JsonEditorView(props: JsonEditorProps) {
  const place = useRef<HTMLDivElement>(null);
  const view = useRef<EditorView | null>(null);
  const about = useRef(new Compartment());
  const latest = useRef(props);
  latest.current = props;
  useEffect(() => {
    const host = place.current;
    if (!host) return;
    const root = host.shadowRoot ?? host.attachShadow({ mode: "open" });
    const parent = document.createElement("div");
    root.append(parent);
    const told = EditorView.updateListener.of((update) => {
      if (update.docChanged) latest.current.onChange(update.state.doc.toString());
    });
    const extensions = [base(), about.current.of(named(latest.current)), told];
    view.current = new EditorView({
      state: EditorState.create({ doc: latest.current.value, extensions }),
      root,
      parent,
    });
    return () => {
      view.current?.destroy();
      view.current = null;
      parent.remove();
    };
  }, []);
  useEffect(() => {
    const doc = view.current?.state.doc;
    if (!doc || doc.toString() === props.value) return;
    view.current?.dispatch({ changes: { from: 0, to: doc.length, insert: props.value } });
  }, [props.value]);
  const { label, isInvalid, isReadOnly } = props;
  // biome-ignore lint/correctness/useExhaustiveDependencies: these are what it is named by.
  useEffect(() => {
    view.current?.dispatch({ effects: about.current.reconfigure(named(latest.current)) });
  }, [label, isInvalid, isReadOnly]);
  return (
    <div
      ref={place}
      data-editor={label}
      className={cx(
        "overflow-hidden rounded-md border focus-within:outline-2 focus-within:-outline-offset-1 focus-within:outline-accent",
        isInvalid ? "border-bad" : "border-line-strong",
      )}
    />
  );
}
