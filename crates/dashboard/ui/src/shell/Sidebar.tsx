/** Ways through the pages: a column on a desk, two bars and a drawer on a phone. */
import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { BookOpen, Menu as MenuIcon, Search, X } from "lucide-react";
import { Dialog } from "radix-ui";
import { accountQuery } from "@/api/queries";
import { IconButton } from "@/components/Button";
import { Kbd } from "@/components/Page";
import { cx } from "@/lib/cx";
import { usePhone } from "@/lib/useMedia";
import { shell } from "@/texts/shell";
import { LiveState } from "./LiveState";
import { AccountMenu, WorkspaceMenu } from "./Menus";
import { MAIN, OPERATOR, type Place, WORKSPACE } from "./navigation";
import { openPalette } from "./paletteStore";

export function Sidebar({ isOpen, onClose }: { isOpen: boolean; onClose(): void }) {
  const isPhone = usePhone();
  if (!isPhone) {
    return (
      <aside className="flex w-60 shrink-0 flex-col border-r border-line bg-sunken">
        <Inner />
      </aside>
    );
  }
  return (
    <Dialog.Root open={isOpen} onOpenChange={(open) => !open && onClose()}>
      <Dialog.Portal>
        <div aria-hidden className="fixed inset-0 z-40 bg-veil" />
        <Dialog.Content
          aria-describedby={undefined}
          className="fixed inset-y-0 left-0 z-50 flex w-72 max-w-[85vw] flex-col bg-ground shadow-float outline-none"
        >
          <Dialog.Title className="sr-only">{shell.menu}</Dialog.Title>
          <Dialog.Close asChild>
            <IconButton icon={X} label={shell.closeMenu} className="absolute top-2 right-2 z-10" />
          </Dialog.Close>
          <Inner isDrawer />
        </Dialog.Content>
      </Dialog.Portal>
    </Dialog.Root>
  );
}

function Inner({ isDrawer }: { isDrawer?: boolean }) {
  const account = useQuery(accountQuery).data;
  return (
    <>
      <div className={cx("p-2", isDrawer && "pr-12")}>
        <WorkspaceMenu />
      </div>
      <div className="px-3 pb-2">
        <button
          type="button"
          onClick={openPalette}
          className="flex h-8 w-full items-center gap-2 rounded-md border border-line bg-raised px-2.5 text-sm text-muted hover:border-line-strong"
        >
          <Search size={14} aria-hidden />
          <span className="flex-1 text-left">{shell.search}</span>
          <Kbd>⌘K</Kbd>
        </button>
      </div>
      <nav aria-label={shell.navigation} className="min-h-0 flex-1 overflow-y-auto px-3 py-1">
        <Places places={MAIN} />
        <Places title={shell.workspace} places={WORKSPACE} />
        {account?.isOperator && <Places title={shell.operator} places={OPERATOR} />}
      </nav>
      <div className="grid gap-1 border-t border-line p-3">
        <a href="/reference" className={cx(ITEM, "text-muted")}>
          <BookOpen size={16} strokeWidth={1.9} aria-hidden />
          {shell.reference}
        </a>
        {!isDrawer && <LiveState />}
        <AccountMenu />
      </div>
    </>
  );
}

const ITEM =
  "flex min-h-8 items-center gap-2.5 rounded-md px-2 text-muted no-underline transition-colors hover:bg-hover hover:text-text";

function Places({ title, places }: { title?: string; places: Place[] }) {
  return (
    <>
      {title && <h2 className="mt-4 mb-1 px-2 text-2xs font-medium tracking-wide text-faint uppercase">{title}</h2>}
      <ul className="grid gap-px">
        {places.map(({ to, label, icon: Icon }) => (
          <li key={to}>
            <Link
              to={to}
              activeOptions={{ exact: to === "/" }}
              className={ITEM}
              activeProps={{ className: "bg-hover !text-text font-medium", "aria-current": "page" }}
            >
              <Icon size={16} strokeWidth={1.9} aria-hidden />
              {label}
            </Link>
          </li>
        ))}
      </ul>
    </>
  );
}

/** On a phone. */
export function TopBar({ onMenu }: { onMenu(): void }) {
  return (
    <header className="flex h-12 shrink-0 items-center gap-1 border-b border-line bg-ground px-1.5 md:hidden">
      <IconButton icon={MenuIcon} label={shell.menu} onClick={onMenu} />
      <div className="min-w-0 flex-1">
        <WorkspaceMenu isCompact />
      </div>
      <LiveState isCompact />
      <IconButton icon={Search} label={shell.search} onClick={openPalette} />
    </header>
  );
}

/** On a phone, under the thumb. */
export function BottomBar({ onMore }: { onMore(): void }) {
  const item = "flex h-14 flex-1 flex-col items-center justify-center gap-0.5 text-2xs text-muted no-underline";
  return (
    <nav
      aria-label={shell.menu}
      className="flex shrink-0 border-t border-line bg-ground pb-[env(safe-area-inset-bottom)] md:hidden"
    >
      {MAIN.map(({ to, label, icon: Icon }) => (
        <Link
          key={to}
          to={to}
          activeOptions={{ exact: to === "/" }}
          className={item}
          activeProps={{ className: "!text-accent font-medium", "aria-current": "page" }}
        >
          <Icon size={19} strokeWidth={1.8} aria-hidden />
          {label}
        </Link>
      ))}
      <button type="button" className={item} onClick={onMore}>
        <MenuIcon size={19} strokeWidth={1.8} aria-hidden />
        {shell.menu}
      </button>
    </nav>
  );
}
