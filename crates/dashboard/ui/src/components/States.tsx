/** What a page shows instead of its content: loading, nothing yet, a failure. */
import { type LucideIcon, RotateCw, TriangleAlert } from "lucide-react";
import type { ReactNode } from "react";
import { sentenceOf } from "@/api/errors";
import { cx } from "@/lib/cx";
import { common } from "@/texts/common";
import { Button } from "./Button";

interface EmptyProps {
  icon: LucideIcon;
  title: string;
  children?: ReactNode;
  /** The next step. */
  action?: ReactNode;
  className?: string;
  /** It is the whole page, and its title the page's. */
  isPage?: boolean;
}

export function Empty({ icon: Icon, title, children, action, className, isPage }: EmptyProps) {
  const Heading = isPage ? "h1" : "h2";
  return (
    <div className={cx("mx-auto grid max-w-md justify-items-center gap-3 px-4 py-14 text-center", className)}>
      <span className="grid size-11 place-items-center rounded-xl border border-line bg-raised text-muted shadow-card">
        <Icon size={20} strokeWidth={1.75} aria-hidden />
      </span>
      <Heading className="text-lg font-semibold">{title}</Heading>
      {children && <div className="grid gap-2 text-pretty text-muted">{children}</div>}
      {action && <div className="mt-1 flex flex-wrap justify-center gap-2">{action}</div>}
    </div>
  );
}

interface FailureProps {
  error: unknown;
  onRetry(): void;
  isRetrying?: boolean;
  title?: string;
  className?: string;
}

export function Failure({ error, onRetry, isRetrying, title = common.failed, className }: FailureProps) {
  return (
    <div
      role="alert"
      className={cx("mx-auto grid max-w-md justify-items-center gap-3 px-4 py-14 text-center", className)}
    >
      <span className="grid size-11 place-items-center rounded-xl bg-bad-soft text-bad">
        <TriangleAlert size={20} aria-hidden />
      </span>
      <h2 className="text-lg font-semibold">{title}</h2>
      <p className="text-pretty text-muted">{sentenceOf(error)}</p>
      <Button icon={RotateCw} onClick={onRetry} isBusy={isRetrying ?? false}>
        {common.retry}
      </Button>
    </div>
  );
}

const WIDTHS = ["w-3/5", "w-4/5", "w-2/5", "w-3/4", "w-1/2"];

export function Skeleton({ lines = 5, className }: { lines?: number; className?: string }) {
  return (
    <div className={cx("grid gap-3", className)} role="status" aria-label={common.loading}>
      {Array.from({ length: lines }, (_, at) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: all lines are alike.
        <span key={at} className={cx("skeleton h-4", WIDTHS[at % WIDTHS.length])} />
      ))}
    </div>
  );
}

interface LoadedProps<T> {
  query: { data: T | undefined; error: unknown; isPending: boolean; isFetching: boolean; refetch(): unknown };
  children: (data: T) => ReactNode;
  /** In place of the grey lines. */
  skeleton?: ReactNode;
}

/** The content once it is there; before that, one of the other states. */
export function Loaded<T>({ query, children, skeleton }: LoadedProps<T>) {
  if (query.data !== undefined) return children(query.data);
  if (query.isPending && !query.error) return skeleton ?? <Skeleton className="py-6" />;
  return <Failure error={query.error} onRetry={() => query.refetch()} isRetrying={query.isFetching} />;
}
