/** Code and payloads, to be read: numbered, coloured, folded, searched. The editor comes when it is needed. */
import { lazy, Suspense } from "react";
import { common } from "@/texts/common";

export interface CodeProps {
  text: string;
  label: string;
  language?: "json" | "xml" | "text";
  /** How tall it grows before it scrolls. */
  maxHeight?: string;
}

const Editor = lazy(() => import("./CodeEditor"));

export const Code = (props: CodeProps) => (
  <Suspense fallback={<div className="skeleton h-40 w-full" role="status" aria-label={common.loading} />}>
    <Editor {...props} />
  </Suspense>
);
