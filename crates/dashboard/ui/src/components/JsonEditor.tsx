/** JSON to be written. The editor comes when it is needed; until then, and for tests, there is a plain field. */
import { lazy, Suspense } from "react";
import { common } from "@/texts/common";

export interface JsonEditorProps {
  value: string;
  label: string;
  onChange(value: string): void;
  isReadOnly?: boolean;
  isInvalid?: boolean;
  /** The id of what explains it. */
  describedBy?: string | undefined;
}

const View = lazy(() => import("./JsonEditorView"));

export const JsonEditor = (props: JsonEditorProps) => (
  <Suspense fallback={<div className="skeleton h-40 w-full" role="status" aria-label={common.loading} />}>
    <View {...props} />
  </Suspense>
);
