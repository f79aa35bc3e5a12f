/** The catalogue of sources, to choose one from. */
import { useQuery } from "@tanstack/react-query";
import { Search } from "lucide-react";
import { useDeferredValue, useId, useState } from "react";
import type { Schemas } from "@/api/client";
import { sourcesQuery } from "@/api/queries";
import { cx } from "@/lib/cx";
import { apps } from "@/texts/apps";
import { Loaded, Skeleton } from "./States";

export type Source = Schemas["CatalogueSource"];

/** The source that tells by a request which one it is. */
export const AUTO = "auto";

/** What somebody is most likely to look for comes first when nothing is typed. */
const COMMON = ["replicate", "stripe", "github", "slack", "shopify", "openai", "fal", "standard-webhooks"];

export function found(sources: Source[], typed: string): Source[] {
  const words = typed.trim().toLowerCase().split(/\s+/).filter(Boolean);
  const isFitting = (it: Source) => words.every((word) => `${it.name} ${it.slug}`.toLowerCase().includes(word));
  const rank = ({ slug }: Source) => {
    if (slug === AUTO) return -1;
    const at = COMMON.indexOf(slug);
    return at < 0 ? COMMON.length : at;
  };
  const fitting = sources.filter(isFitting);
  return words.length > 0 ? fitting : fitting.sort((a, b) => rank(a) - rank(b));
}

interface Props {
  label: string;
  value: string;
  onChange(source: Source): void;
}

export function SourcePicker(props: Props) {
  const sources = useQuery(sourcesQuery);
  return (
    <Loaded query={sources} skeleton={<Skeleton lines={4} />}>
      {(catalogue) => <Catalogue {...props} sources={catalogue.sources} />}
    </Loaded>
  );
}

function Catalogue({ label, value, onChange, sources }: Props & { sources: Source[] }) {
  const [typed, setTyped] = useState("");
  const name = useId();
  const fitting = found(sources, useDeferredValue(typed));
  return (
    <fieldset className="grid gap-1">
      <legend className="mb-1 font-medium">{label}</legend>
      <div className="overflow-hidden rounded-md border border-line-strong bg-raised">
        <div className="flex items-center gap-2 border-b border-line px-2.5 focus-within:bg-hover/40">
          <Search size={15} className="text-faint" aria-hidden />
          <input
            type="search"
            value={typed}
            onChange={(event) => setTyped(event.target.value)}
            onKeyDown={(event) => {
              if (event.key !== "Enter") return;
              event.preventDefault();
              // What is drawn may lag behind what was typed.
              const first = found(sources, typed)[0];
              if (first) onChange(first);
            }}
            aria-label={apps.picker.search}
            placeholder={apps.picker.search}
            className="h-9 w-full bg-transparent !outline-none"
          />
        </div>
        <div className="grid max-h-56 gap-px overflow-y-auto p-1 sm:grid-cols-2">
          {fitting.map((source) => (
            <Choice
              key={source.slug}
              name={name}
              source={source}
              isChosen={source.slug === value}
              onChoose={onChange}
            />
          ))}
          {fitting.length === 0 && <p className="p-2 text-sm text-muted sm:col-span-2">{apps.picker.none}</p>}
        </div>
      </div>
    </fieldset>
  );
}

interface ChoiceProps {
  name: string;
  source: Source;
  isChosen: boolean;
  onChoose(source: Source): void;
}

const Choice = ({ name, source, isChosen, onChoose }: ChoiceProps) => (
  <label
    className={cx(
      "flex cursor-pointer items-center gap-2 rounded-md px-2 py-1.5 hover:bg-hover has-checked:bg-accent-soft",
      "has-focus-visible:outline-2 has-focus-visible:-outline-offset-2 has-focus-visible:outline-accent",
      source.slug === AUTO && "sm:col-span-2",
    )}
  >
    <input
      type="radio"
      name={name}
      checked={isChosen}
      onChange={() => onChoose(source)}
      className="size-3.5 shrink-0 accent-accent"
    />
    <span className="min-w-0 flex-1 truncate">{source.slug === AUTO ? apps.picker.auto : source.name}</span>
    <span className="shrink-0 text-xs text-muted">{source.slug === AUTO ? "" : apps.picker.kinds[source.secret]}</span>
  </label>
);
