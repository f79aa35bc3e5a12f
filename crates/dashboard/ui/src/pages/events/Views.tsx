/** Views of the log: addresses with names, those that everybody needs and those that the reader saved. */
import { useNavigate } from "@tanstack/react-router";
import { Bookmark, Download, Ellipsis, Eye, RotateCcw, Trash2 } from "lucide-react";
import { useState } from "react";
import type { EventQuery } from "@/api/queries";
import { Button, buttonClass, IconButton } from "@/components/Button";
import { Dialog } from "@/components/Dialog";
import { TextField } from "@/components/Field";
import { Menu, MenuItem, MenuLabel, MenuLine } from "@/components/Menu";
import { Plain } from "@/components/Plain";
import { type EventSearch, isFiltered, stringifySearch } from "@/lib/filters";
import { remembered, useStore } from "@/lib/store";
import { common } from "@/texts/common";
import { events } from "@/texts/events";

interface View {
  name: string;
  search: EventSearch;
}

const MOST_VIEWS = 30;
const saved = remembered<View[]>("views", []);

const GIVEN: [keyof typeof events.viewNames, EventSearch][] = [
  ["all", {}],
  ["failed", { status: "failed" }],
  ["retrying", { status: "retrying" }],
  ["held", { status: "held" }],
  ["rejected", { status: "rejected" }],
  ["hour", { since: "1h" }],
];

const isSame = (a: EventSearch, b: EventSearch): boolean => stringifySearch(a) === stringifySearch(b);

export function Views({ search }: { search: EventSearch }) {
  const navigate = useNavigate();
  const own = useStore(saved);
  const [isSaving, setSaving] = useState(false);
  const go = (to: EventSearch) => navigate({ to: "/events", search: to });
  return (
    <>
      <Menu
        trigger={
          <button type="button" className={buttonClass("plain", "md", "!px-2.5")}>
            <Eye size={15} aria-hidden />
            {events.views}
          </button>
        }
      >
        {GIVEN.map(([name, to]) => (
          <MenuItem key={name} isChosen={isSame(to, search)} onSelect={() => go(to)}>
            {events.viewNames[name]}
          </MenuItem>
        ))}
        {own.length > 0 && <MenuLine />}
        {own.map((view) => (
          <MenuItem
            key={view.name}
            icon={Bookmark}
            isChosen={isSame(view.search, search)}
            onSelect={() => go(view.search)}
          >
            <Plain>{view.name}</Plain>
          </MenuItem>
        ))}
        <MenuLine />
        {isFiltered(search) && <MenuItem onSelect={() => setSaving(true)}>{events.saveView}</MenuItem>}
        {own.length > 0 && <MenuLabel>{events.deleteView}</MenuLabel>}
        {own.map((view) => (
          <MenuItem key={view.name} icon={Trash2} onSelect={() => saved.set(own.filter((it) => it.name !== view.name))}>
            <Plain>{view.name}</Plain>
          </MenuItem>
        ))}
      </Menu>
      <SaveView
        isOpen={isSaving}
        onClose={() => setSaving(false)}
        onSave={(name) => saved.set([...own.filter((it) => it.name !== name), { name, search }].slice(-MOST_VIEWS))}
      />
    </>
  );
}

function SaveView({ isOpen, onClose, onSave }: { isOpen: boolean; onClose(): void; onSave(name: string): void }) {
  const [name, setName] = useState("");
  return (
    <Dialog title={events.saveViewTitle} isOpen={isOpen} onClose={onClose} width="sm">
      <form
        className="grid gap-4"
        onSubmit={(event) => {
          event.preventDefault();
          onSave(name.trim());
          setName("");
          onClose();
        }}
      >
        <TextField
          label={events.viewName}
          hint={events.viewHint}
          value={name}
          onChange={(event) => setName(event.target.value)}
          pattern=".*\S.*"
          maxLength={60}
          required
        />
        <div className="flex justify-end gap-2">
          <Button onClick={onClose}>{common.cancel}</Button>
          <Button type="submit" tone="primary">
            {common.save}
          </Button>
        </div>
      </form>
    </Dialog>
  );
}

interface MoreProps {
  filter: EventQuery;
  refusal: string | undefined;
  onReplayMatching(): void;
}

export function MoreActions({ filter, refusal, onReplayMatching }: MoreProps) {
  const exported = `/api/v1/events/export${stringifySearch(filter)}`;
  return (
    <Menu
      trigger={
        <IconButton icon={Ellipsis} label={events.more} className="border border-line-strong bg-raised shadow-card" />
      }
    >
      <MenuItem icon={RotateCcw} refusal={refusal} onSelect={onReplayMatching}>
        {events.replayMatching}
      </MenuItem>
      <MenuItem icon={Download} onSelect={() => location.assign(exported)}>
        {events.export}
        <span className="block text-xs text-muted">{events.exportHint}</span>
      </MenuItem>
    </Menu>
  );
}
