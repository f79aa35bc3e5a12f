/** Requests that were turned away: why, what to do, and verifying them again. */
import { useInfiniteQuery } from "@tanstack/react-query";
import { ShieldCheck } from "lucide-react";
import { useEffect, useState } from "react";
import { eventsQuery, PAGE_SIZE } from "@/api/queries";
import { Page } from "@/components/Page";
import { Empty, Failure, Skeleton } from "@/components/States";
import { rejected as texts } from "@/texts/workspace";
import { AppRejections, type Result } from "./AppRejections";
import { withVerified } from "./reasons";

/** More than is kept of one app, and enough to see what is wrong. */
const MOST_PAGES = 10;

export function RejectedPage() {
  const query = useInfiniteQuery(eventsQuery({ status: "rejected" }));
  const { data, hasNextPage, isFetchingNextPage, fetchNextPage } = query;
  const pages = data?.pages.length ?? 0;
  const isGoingOn = hasNextPage && pages < MOST_PAGES && !query.error;
  useEffect(() => {
    if (isGoingOn && !isFetchingNextPage) void fetchNextPage();
  }, [isGoingOn, isFetchingNextPage, fetchNextPage]);
  // What was released since stays on the list that is live, in its place.
  const events = data?.pages.flatMap((page) => page.events).filter((it) => it.status === "rejected") ?? [];
  // What was released is no longer listed, and how that went is still to be read.
  const [results, setResults] = useState<Record<string, Result>>({});
  const groups = withVerified(events, Object.keys(results));
  return (
    <Page title={texts.title} lead={texts.lead}>
      {!data && !query.error && <Skeleton lines={6} />}
      {!data && query.error && (
        <Failure error={query.error} onRetry={() => query.refetch()} isRetrying={query.isFetching} />
      )}
      {data && (
        <div className="grid gap-4">
          {groups.map((group) => (
            <AppRejections
              key={group.slug ?? ""}
              group={group}
              result={results[group.slug ?? ""]}
              onVerified={(slug, result) => setResults((before) => ({ ...before, [slug]: result }))}
            />
          ))}
          {groups.length === 0 && !isGoingOn && (
            <Empty icon={ShieldCheck} title={texts.emptyTitle}>
              <p>{texts.empty}</p>
            </Empty>
          )}
          {hasNextPage && pages >= MOST_PAGES && <p className="text-sm text-muted">{texts.more(pages * PAGE_SIZE)}</p>}
        </div>
      )}
    </Page>
  );
}
