/** The frame of a page: its title, what can be done there, its parts. */
import { type ReactNode, useEffect } from "react";
import { cx } from "@/lib/cx";
import { common } from "@/texts/common";

interface Props {
  title: string;
  /** In place of the title's text, if that is more than a text. */
  heading?: ReactNode;
  lead?: ReactNode;
  actions?: ReactNode;
  /** Above the title: where the page belongs. */
  above?: ReactNode;
  children: ReactNode;
  /** The whole width, for tables. */
  isWide?: boolean;
}

export function usePageTitle(title: string): void {
  useEffect(() => {
    document.title = `${title} · ${common.product}`;
  }, [title]);
}

export function Page({ title, heading, lead, actions, above, children, isWide }: Props) {
  usePageTitle(title);
  return (
    <div className={cx("mx-auto w-full px-4 pt-5 pb-10 sm:px-6 lg:px-8", isWide ? "max-w-[100rem]" : "max-w-6xl")}>
      {above && <div className="mb-2 text-sm text-muted">{above}</div>}
      <header className="mb-5 flex flex-wrap items-start justify-between gap-x-4 gap-y-3">
        <div className="min-w-0">
          <h1 className="text-xl font-semibold break-words">{heading ?? title}</h1>
          {lead && <p className="mt-1 max-w-prose text-pretty text-muted">{lead}</p>}
        </div>
        {actions && <div className="flex flex-wrap gap-2">{actions}</div>}
      </header>
      {children}
    </div>
  );
}

interface PanelProps {
  title?: string;
  lead?: ReactNode;
  actions?: ReactNode;
  children: ReactNode;
  className?: string;
  /** Content up to the edge: tables. */
  isFlush?: boolean;
}

export function Panel({ title, lead, actions, children, className, isFlush }: PanelProps) {
  return (
    <section className={cx("card min-w-0", className)} aria-label={title}>
      {(title || actions) && (
        <header className="flex min-h-12 flex-wrap items-center justify-between gap-x-3 gap-y-1 border-b border-line px-4 py-2">
          <div className="min-w-0">
            {title && <h2 className="font-semibold">{title}</h2>}
            {lead && <p className="text-sm text-pretty text-muted">{lead}</p>}
          </div>
          {actions && <div className="flex flex-wrap items-center gap-2">{actions}</div>}
        </header>
      )}
      <div className={isFlush ? "" : "p-4"}>{children}</div>
    </section>
  );
}

/** Names and values, one below the other. */
export function Facts({ children, className }: { children: ReactNode; className?: string }) {
  return (
    <dl className={cx("grid grid-cols-[minmax(6.5rem,auto)_minmax(0,1fr)] gap-x-5 gap-y-2", className)}>{children}</dl>
  );
}

export function Fact({ name, children }: { name: string; children: ReactNode }) {
  return (
    <>
      <dt className="text-muted">{name}</dt>
      <dd className="min-w-0 break-words">{children}</dd>
    </>
  );
}

export const Kbd = ({ children }: { children: ReactNode }) => (
  <kbd className="rounded border border-line-strong bg-sunken px-1 text-2xs leading-4 text-muted">{children}</kbd>
);
