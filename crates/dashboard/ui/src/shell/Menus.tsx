/** Menus of the frame: which workspace, and who is signed in. */
import { useQuery } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { ChevronsUpDown, LogOut, Monitor, Moon, Plus, Settings, Sun } from "lucide-react";
import { useState } from "react";
import { ask, client } from "@/api/client";
import { sentenceOf } from "@/api/errors";
import { accountQuery, tenantsQuery } from "@/api/queries";
import { queryClient } from "@/api/queryClient";
import { forgetSession, tell } from "@/api/session";
import { Menu, MenuItem, MenuLabel, MenuLine } from "@/components/Menu";
import { Plain } from "@/components/Plain";
import { toast } from "@/components/toasts";
import { cx } from "@/lib/cx";
import { useStore } from "@/lib/store";
import { shell } from "@/texts/shell";
import { NewWorkspace, turn } from "./NewWorkspace";
import { choose, type Theme, theme } from "./theme";

const Initial = ({ name }: { name: string }) => (
  <span
    aria-hidden
    className="grid size-6 shrink-0 place-items-center rounded-md bg-accent text-xs font-semibold text-on-accent uppercase"
  >
    {[...name.trim()][0] ?? "?"}
  </span>
);

export function WorkspaceMenu({ isCompact }: { isCompact?: boolean }) {
  const account = useQuery(accountQuery).data;
  const tenants = useQuery({ ...tenantsQuery, enabled: Boolean(account?.user) }).data ?? [];
  const [isCreating, setCreating] = useState(false);
  if (!account) return null;
  return (
    <>
      <Menu
        align="start"
        trigger={
          <button
            type="button"
            className={cx(
              "flex h-10 w-full min-w-0 items-center gap-2.5 rounded-md px-2 text-left font-semibold hover:bg-hover",
              isCompact && "w-auto max-w-full",
            )}
          >
            <span className="sr-only">{shell.switchWorkspace}: </span>
            <Initial name={account.tenant.name} />
            <Plain className="min-w-0 flex-1 truncate">{account.tenant.name}</Plain>
            <ChevronsUpDown size={14} className="shrink-0 text-faint" aria-hidden />
          </button>
        }
      >
        <MenuLabel>{shell.switchWorkspace}</MenuLabel>
        {tenants.map((it) => (
          <MenuItem
            key={it.id}
            isChosen={it.isCurrent}
            onSelect={() => !it.isCurrent && turn(it.slug)}
            aside={<span className="text-xs text-faint">{it.role}</span>}
          >
            <Plain>{it.name}</Plain>
          </MenuItem>
        ))}
        <MenuLine />
        <MenuItem icon={Plus} onSelect={() => setCreating(true)}>
          {shell.newWorkspace}
        </MenuItem>
      </Menu>
      <NewWorkspace isOpen={isCreating} onClose={() => setCreating(false)} />
    </>
  );
}

const THEMES: [Theme, typeof Sun][] = [
  ["system", Monitor],
  ["light", Sun],
  ["dark", Moon],
];

export function AccountMenu() {
  const account = useQuery(accountQuery).data;
  const navigate = useNavigate();
  const chosen = useStore(theme);
  const leave = async () => {
    try {
      await ask(client.POST("/api/v1/logout"));
    } catch (error) {
      toast({ tone: "bad", text: sentenceOf(error) });
      return;
    }
    forgetSession();
    tell("signed-out");
    queryClient.clear();
    await navigate({ to: "/login" });
  };
  return (
    <Menu
      side="top"
      align="start"
      trigger={
        <button
          type="button"
          className="flex h-8 min-w-0 items-center gap-2.5 rounded-md px-2 text-left text-sm text-muted hover:bg-hover hover:text-text"
        >
          <span className="sr-only">{shell.account}: </span>
          <span aria-hidden className="size-4 shrink-0 rounded-full bg-line-strong" />
          <Plain className="min-w-0 flex-1 truncate">{account?.user?.email}</Plain>
          <ChevronsUpDown size={14} className="shrink-0 text-faint" aria-hidden />
        </button>
      }
    >
      <MenuLabel>{shell.theme}</MenuLabel>
      {THEMES.map(([name, icon]) => (
        <MenuItem key={name} icon={icon} isChosen={chosen === name} onSelect={() => choose(name)}>
          {shell.themes[name]}
        </MenuItem>
      ))}
      <MenuLine />
      <MenuItem icon={Settings} onSelect={() => navigate({ to: "/settings" })}>
        {shell.settings}
      </MenuItem>
      <MenuItem icon={LogOut} onSelect={leave}>
        {shell.signOut}
      </MenuItem>
    </Menu>
  );
}
