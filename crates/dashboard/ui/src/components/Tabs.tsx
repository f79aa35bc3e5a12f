/** Parts of a page of which one is shown. */
import { Tabs as Radix } from "radix-ui";
import type { ReactNode } from "react";

export interface Tab {
  id: string;
  title: ReactNode;
  content: ReactNode;
}

interface Props {
  label: string;
  tabs: Tab[];
  value?: string;
  onChange?(id: string): void;
  /** Beside the titles, at the line's end. */
  aside?: ReactNode;
}

export function Tabs({ label, tabs, value, onChange, aside }: Props) {
  const first = tabs[0]?.id ?? "";
  const controlled = value === undefined ? { defaultValue: first } : { value, onValueChange: onChange };
  return (
    <Radix.Root {...controlled}>
      <div className="flex flex-wrap items-center justify-between gap-2 border-b border-line px-2">
        <Radix.List aria-label={label} className="flex gap-1 overflow-x-auto">
          {tabs.map((tab) => (
            <Radix.Trigger
              key={tab.id}
              value={tab.id}
              className="-mb-px flex h-11 items-center gap-1.5 border-b-2 border-transparent px-2.5 font-medium whitespace-nowrap text-muted hover:text-text data-[state=active]:border-accent data-[state=active]:text-text focus-visible:outline-offset-[-2px]"
            >
              {tab.title}
            </Radix.Trigger>
          ))}
        </Radix.List>
        {aside}
      </div>
      {tabs.map((tab) => (
        <Radix.Content key={tab.id} value={tab.id} className="outline-offset-[-2px]">
          {tab.content}
        </Radix.Content>
      ))}
    </Radix.Root>
  );
}
