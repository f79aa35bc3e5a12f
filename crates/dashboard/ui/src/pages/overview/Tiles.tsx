/** The figures that matter, large. */
import { Link } from "@tanstack/react-router";
import type { ReactNode } from "react";
import type { Figures, Stretch } from "@/api/calls";
import { Time } from "@/components/Time";
import { cx } from "@/lib/cx";
import type { EventSearch } from "@/lib/filters";
import { compact, duration, number, percent } from "@/lib/format";
import { common } from "@/texts/common";
import { overview } from "@/texts/overview";
import type { Totals } from "./totals";

const { tiles } = overview;

interface TileProps {
  name: string;
  value: string;
  tone?: string | undefined;
  children: ReactNode;
  search?: EventSearch;
}

const Tile = ({ name, value, tone, children, search }: TileProps) => (
  <div className={cx("card relative px-4 py-3", search && "hover:border-line-strong")}>
    <dt className="text-sm text-muted">
      {search ? (
        <Link to="/events" search={search} className="text-muted no-underline after:absolute after:inset-0">
          {name}
        </Link>
      ) : (
        name
      )}
    </dt>
    <dd>
      <span className={cx("block text-2xl font-semibold tracking-tight tabular-nums", tone)}>{value}</span>
      <span className="block text-sm text-pretty text-muted">{children}</span>
    </dd>
  </div>
);

function toneOf(totals: Totals, figures: Figures): string | undefined {
  if (totals.failed > 0) return "text-bad";
  if (totals.waiting === 0) return undefined;
  return figures.failing.length > 0 ? "text-bad" : "text-wait";
}

interface Props {
  figures: Figures;
  totals: Totals;
  span: Stretch;
}

export function Tiles({ figures, totals, span }: Props) {
  const { waiting, held, oldestAt } = figures.backlog;
  // What is still tried is not delivered: it counts until it is.
  const all = totals.delivered + totals.failed + totals.waiting;
  return (
    <dl className="grid grid-cols-2 gap-3 lg:grid-cols-4">
      <Tile name={tiles.received} value={number(totals.received)} search={{ since: span }}>
        {totals.rejected === 0
          ? `${tiles.rejected}: ${overview.noneRejected}`
          : `${compact(totals.rejected)} ${overview.rejectedHint}`}
      </Tile>
      <Tile
        name={tiles.delivered}
        value={percent(totals.delivered, all)}
        tone={toneOf(totals, figures)}
        search={{ status: totals.failed > 0 ? "failed" : totals.waiting > 0 ? "retrying" : "success", since: span }}
      >
        {overview.deliveredHint(totals.failed, totals.waiting)}
      </Tile>
      <Tile name={tiles.latency} value={totals.p95Ms === null ? common.none : duration(totals.p95Ms)}>
        {totals.p50Ms === null ? common.none : overview.median(duration(totals.p50Ms))}
      </Tile>
      <Tile
        name={tiles.backlog}
        value={number(waiting)}
        tone={waiting > 0 ? "text-wait" : undefined}
        search={{ status: "retrying" }}
      >
        {oldestAt ? (
          <>
            {overview.oldest} <Time at={oldestAt} isBare />
          </>
        ) : (
          overview.noBacklog
        )}
        {held > 0 && ` · ${overview.held(held)}`}
      </Tile>
    </dl>
  );
}
