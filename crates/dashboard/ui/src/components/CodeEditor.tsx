/**
 * CodeMirror, read only. It lives in a shadow root: there it adopts its styles as sheets, where in the document it
 * would write a style element, which the policy forbids.
 */
import { defaultKeymap } from "@codemirror/commands";
import { json } from "@codemirror/lang-json";
import { xml } from "@codemirror/lang-xml";
import { foldGutter, foldKeymap, HighlightStyle, syntaxHighlighting } from "@codemirror/language";
import { highlightSelectionMatches, search, searchKeymap } from "@codemirror/search";
import { EditorState, type Extension } from "@codemirror/state";
import { drawSelection, EditorView, highlightSpecialChars, keymap, lineNumbers } from "@codemirror/view";
import { tags } from "@lezer/highlight";
import { useEffect, useRef } from "react";
import type { CodeProps } from "./Code";

const COLOURS = HighlightStyle.define([
  { tag: [tags.propertyName, tags.tagName], color: "var(--code-key)" },
  { tag: [tags.string, tags.attributeValue], color: "var(--code-string)" },
  { tag: tags.number, color: "var(--code-number)" },
  { tag: [tags.bool, tags.null, tags.keyword, tags.attributeName], color: "var(--code-word)" },
  { tag: [tags.comment, tags.meta], color: "var(--faint)" },
]);

const LOOK = EditorView.theme({
  "&": { color: "var(--text)", backgroundColor: "var(--sunken)", fontSize: "12.5px", maxHeight: "inherit" },
  "&.cm-focused": { outline: "2px solid var(--accent)", outlineOffset: "-2px" },
  ".cm-scroller": {
    fontFamily: "var(--font-mono, monospace)",
    lineHeight: "1.6",
    overflow: "auto",
    maxHeight: "inherit",
  },
  ".cm-gutters": { backgroundColor: "var(--sunken)", color: "var(--faint)", border: "none" },
  ".cm-content": { padding: "8px 0", caretColor: "var(--accent)" },
  ".cm-selectionBackground, &.cm-focused .cm-selectionBackground": {
    backgroundColor: "color-mix(in srgb, var(--accent) 25%, transparent) !important",
  },
  ".cm-panels": { backgroundColor: "var(--raised)", color: "var(--text)", borderColor: "var(--line)" },
  ".cm-panels input, .cm-panels button": { font: "inherit" },
  ".cm-textfield": { backgroundColor: "var(--ground)", borderColor: "var(--line-strong)", color: "var(--text)" },
  ".cm-button": { backgroundImage: "none", backgroundColor: "var(--hover)", borderColor: "var(--line-strong)" },
  ".cm-searchMatch": { backgroundColor: "var(--warn-soft)" },
  ".cm-foldPlaceholder": { backgroundColor: "var(--hover)", borderColor: "var(--line)", color: "var(--muted)" },
  ".cm-specialChar": { color: "var(--warn)", backgroundColor: "var(--warn-soft)" },
});

/** Beyond this, what colours and folds would make the page wait. */
const MOST_COLOURED = 500_000;

function extensions({ text, label, language }: CodeProps): Extension[] {
  const isColoured = text.length <= MOST_COLOURED && language !== "text" && language !== undefined;
  return [
    EditorState.readOnly.of(true),
    // Reachable by keyboard and searchable, though nothing can be typed.
    EditorView.contentAttributes.of({ "aria-label": label, "aria-readonly": "true" }),
    lineNumbers(),
    highlightSpecialChars(),
    drawSelection(),
    highlightSelectionMatches(),
    search({ top: true }),
    keymap.of([...searchKeymap, ...foldKeymap, ...defaultKeymap]),
    EditorView.lineWrapping,
    ...(isColoured ? [language === "json" ? json() : xml(), foldGutter()] : []),
    syntaxHighlighting(COLOURS),
    LOOK,
  ];
}

export default function CodeEditor(props: CodeProps) {
  const place = useRef<HTMLDivElement>(null);
  const { text, label, language, maxHeight = "32rem" } = props;
  useEffect(() => {
    const host = place.current;
    if (!host) return;
    const root = host.shadowRoot ?? host.attachShadow({ mode: "open" });
    const state = EditorState.create({ doc: text, extensions: extensions({ text, label, language }) });
    const parent = document.createElement("div");
    parent.style.maxHeight = "inherit";
    root.append(parent);
    const view = new EditorView({ state, root, parent });
    return () => {
      view.destroy();
      parent.remove();
    };
  }, [text, label, language]);
  return (
    <div
      ref={place}
      style={{ maxHeight }}
      className="overflow-hidden rounded-md border border-line"
      data-code={label}
    />
  );
}
