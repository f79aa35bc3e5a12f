/** The filter of the log: a search box that understands `status:failed`, and a chip for each filter that is set. */
import { useQuery } from "@tanstack/react-query";
import { ListFilter, Search, X } from "lucide-react";
import { Popover } from "radix-ui";
import { type ReactNode, type RefObject, useEffect, useRef, useState } from "react";
import { appsQuery } from "@/api/queries";
import { buttonClass, IconButton } from "@/components/Button";
import { Menu, MenuItem } from "@/components/Menu";
import { Kbd } from "@/components/Page";
import { Plain } from "@/components/Plain";
import { cx } from "@/lib/cx";
import { type EventSearch, FILTERS, type FilterName, isFiltered, readTyped, SPANS } from "@/lib/filters";
import { exact } from "@/lib/format";
import { statusTexts } from "@/texts/common";
import { events } from "@/texts/events";
import { FilterEditor } from "./FilterEditor";

interface Props {
  search: EventSearch;
  onChange(search: EventSearch): void;
  /** An event's id was typed. */
  onEvent(id: string): void;
  input: RefObject<HTMLInputElement | null>;
  children?: ReactNode;
}

export function FilterBar({ search, onChange, onEvent, input, children }: Props) {
  const [typed, setTyped] = useState(search.q ?? "");
  const [adding, setAdding] = useState<FilterName | null>(null);
  // A filter's window opens when the menu is gone: the focus that the menu gives back would close it again.
  const wanted = useRef<FilterName | null>(null);
  const shown = FILTERS.filter((name) => search[name] || name === adding);
  const apps = useQuery({ ...appsQuery, enabled: Boolean(search.app_slug) }).data;
  const hasFields = Boolean(apps?.find((app) => app.slug === search.app_slug)?.indexed_fields.length);
  const free = FILTERS.filter((name) => !search[name] && name !== "q" && (name !== "field" || hasFields));
  useEffect(() => setTyped(search.q ?? ""), [search.q]);
  const submit = () => {
    const read = readTyped(typed);
    if (read.eventId) return onEvent(read.eventId);
    const { q: _replaced, ...others } = search;
    onChange({ ...others, ...read.search });
    setTyped(read.search.q ?? "");
  };
  return (
    <div className="flex flex-wrap items-center gap-1.5">
      <search className="relative min-w-52 flex-1 basis-full sm:basis-72">
        <form
          onSubmit={(event) => {
            event.preventDefault();
            submit();
          }}
        >
          <Search size={15} className="pointer-events-none absolute top-2.5 left-2.5 text-faint" aria-hidden />
          <input
            ref={input}
            type="search"
            aria-label={events.searchLabel}
            placeholder={events.search}
            className="field !pr-9 !pl-8 [&::-webkit-search-cancel-button]:hidden"
            value={typed}
            maxLength={500}
            onChange={(event) => setTyped(event.target.value)}
            onBlur={() => typed.trim() === "" && search.q && submit()}
            onKeyDown={(event) => {
              if (event.key !== "Escape") return;
              setTyped(search.q ?? "");
              event.currentTarget.blur();
            }}
          />
          {typed ? (
            <IconButton
              icon={X}
              label={events.clear}
              size="sm"
              className="absolute top-1 right-1"
              onClick={() => {
                const { q: _gone, ...others } = search;
                setTyped("");
                onChange(others);
              }}
            />
          ) : (
            <span className="absolute top-2 right-2.5 hidden sm:block">
              <Kbd>/</Kbd>
            </span>
          )}
        </form>
      </search>
      <Menu
        align="start"
        onClosed={() => {
          setAdding(wanted.current);
          const isAdding = wanted.current !== null;
          wanted.current = null;
          return isAdding;
        }}
        trigger={
          <button type="button" className={buttonClass("plain", "md", "!px-2.5")}>
            <ListFilter size={15} aria-hidden />
            {events.addFilter}
          </button>
        }
      >
        {free.map((name) => (
          <MenuItem key={name} onSelect={() => (wanted.current = name)}>
            {events.filters[name]}
          </MenuItem>
        ))}
      </Menu>
      {children}
      {shown.some((name) => name !== "q") && (
        <div className="flex basis-full flex-wrap items-center gap-1.5">
          {shown
            .filter((name) => name !== "q")
            .map((name) => (
              <Chip
                key={name}
                name={name}
                value={search[name]}
                app={search.app_slug}
                onChange={(value) => {
                  setAdding(null);
                  const { [name]: _before, ...rest } = search;
                  const others: EventSearch = rest;
                  if (name === "app_slug") delete others.field;
                  onChange(value ? { ...others, [name]: value } : others);
                }}
                onClose={() => setAdding(null)}
              />
            ))}
          {isFiltered(search) && (
            <button type="button" className={buttonClass("quiet", "sm")} onClick={() => onChange({})}>
              {events.clear}
            </button>
          )}
        </div>
      )}
    </div>
  );
}

interface ChipProps {
  name: FilterName;
  value: string | undefined;
  /** The one whose events are filtered. */
  app: string | undefined;
  onChange(value: string | undefined): void;
  onClose(): void;
}

function Chip({ name, value, app, onChange, onClose }: ChipProps) {
  const [isOpen, setOpen] = useState(value === undefined);
  const label = events.filters[name];
  const close = () => {
    setOpen(false);
    onClose();
  };
  return (
    <Popover.Root open={isOpen} onOpenChange={(open) => (open ? setOpen(true) : close())}>
      <span className="inline-flex h-7 items-center rounded-full border border-line-strong bg-raised text-sm">
        <Popover.Trigger asChild>
          <button
            type="button"
            data-filter={name}
            className={cx("flex h-full items-center gap-1.5 rounded-full pr-1 pl-2.5", value ? "" : "pr-2.5")}
          >
            <span className="text-muted">{label}</span>
            {value && (
              <b className="max-w-48 truncate font-medium">
                <ValueName name={name} value={value} />
              </b>
            )}
          </button>
        </Popover.Trigger>
        {value && (
          <button
            type="button"
            aria-label={events.remove(label)}
            className="mr-0.5 grid size-6 place-items-center rounded-full text-faint hover:bg-hover hover:text-text"
            onClick={() => onChange(undefined)}
          >
            <X size={13} aria-hidden />
          </button>
        )}
      </span>
      <Popover.Portal>
        <Popover.Content
          align="start"
          sideOffset={6}
          collisionPadding={8}
          aria-label={label}
          className="floats z-50 w-64 rounded-lg border border-line bg-raised p-1 shadow-float"
        >
          <FilterEditor
            name={name}
            value={value}
            app={app}
            onDone={(chosen) => {
              setOpen(false);
              onChange(chosen);
            }}
          />
        </Popover.Content>
      </Popover.Portal>
    </Popover.Root>
  );
}

function ValueName({ name, value }: { name: FilterName; value: string }) {
  const apps = useQuery({ ...appsQuery, enabled: name === "app_slug" }).data;
  if (name === "status") return statusTexts[value as keyof typeof statusTexts] ?? value;
  if (name === "app_slug") return <Plain>{apps?.find((app) => app.slug === value)?.name ?? value}</Plain>;
  if (name === "since" || name === "until") {
    return value in SPANS ? events.spans[value as keyof typeof SPANS] : exact(Date.parse(value)).replace(/\.\d{3}/, "");
  }
  return <Plain>{value}</Plain>;
}
