/** The frame around every page for those who are signed in. */
import { useQuery } from "@tanstack/react-query";
import { Outlet, useLocation, useNavigate } from "@tanstack/react-router";
import { Suspense, useEffect, useState } from "react";
import { ApiError } from "@/api/errors";
import { onLive, startLive } from "@/api/live";
import { applyLive } from "@/api/liveLists";
import { accountQuery } from "@/api/queries";
import { queryClient } from "@/api/queryClient";
import { Failure, Skeleton } from "@/components/States";
import { shell } from "@/texts/shell";
import { Expired } from "./Expired";
import { Keys } from "./Keys";
import { Palette } from "./Palette";
import { BottomBar, Sidebar, TopBar } from "./Sidebar";
import { useGoing } from "./useGoing";

export function Shell() {
  const account = useQuery(accountQuery);
  if (account.data) return <Inside />;
  if (account.error instanceof ApiError && account.error.status === 401) return <ToLogin />;
  if (account.error) {
    return (
      <Failure
        error={account.error}
        onRetry={() => account.refetch()}
        isRetrying={account.isFetching}
        className="min-h-dvh content-center"
      />
    );
  }
  return <Frame />;
}

/** Where the reader wanted to go is read once: under way, the router's own address is another already. */
function ToLogin() {
  const navigate = useNavigate();
  useEffect(() => {
    const next = `${location.pathname}${location.search}${location.hash}`;
    void navigate({ to: "/login", search: next === "/" ? {} : { next }, replace: true });
  }, [navigate]);
  return <Frame />;
}

/** What is drawn while it is not known yet who asks. */
const Frame = () => (
  <div className="flex min-h-dvh">
    <div className="hidden w-60 border-r border-line bg-sunken md:block" />
    <Skeleton className="w-full max-w-3xl content-start p-8" lines={7} />
  </div>
);

function Inside() {
  const [isOpen, setOpen] = useState(false);
  const { pathname } = useLocation();
  useGoing();
  useEffect(startLive, []);
  useEffect(() => onLive((changes) => applyLive(queryClient, changes)), []);
  // biome-ignore lint/correctness/useExhaustiveDependencies: another page closes the menu.
  useEffect(() => setOpen(false), [pathname]);
  return (
    <div className="flex h-dvh flex-col md:flex-row">
      <a
        href="#content"
        className="sr-only z-60 rounded-md bg-accent px-3 py-2 text-on-accent focus:not-sr-only focus:fixed focus:top-2 focus:left-2"
      >
        {shell.skip}
      </a>
      <TopBar onMenu={() => setOpen(true)} />
      <Sidebar isOpen={isOpen} onClose={() => setOpen(false)} />
      <main id="content" tabIndex={-1} className="relative min-h-0 min-w-0 flex-1 overflow-y-auto outline-none">
        <Suspense fallback={<Skeleton className="p-8" />}>
          <Outlet />
        </Suspense>
      </main>
      <BottomBar onMore={() => setOpen(true)} />
      <Palette />
      <Keys />
      <Expired />
    </div>
  );
}
