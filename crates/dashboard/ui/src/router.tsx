/** Every address and its page. Pages come when they are needed. */
import { createRootRoute, createRoute, createRouter, lazyRouteComponent, Outlet } from "@tanstack/react-router";
import { accountQuery, eventsQuery } from "@/api/queries";
import { queryClient } from "@/api/queryClient";
import { Broken, NotFound } from "@/components/Lost";
import { Skeleton } from "@/components/States";
import { parseSearch, queryOf, readSearch, stringifySearch } from "@/lib/filters";
import { Shell } from "@/shell/Shell";
import { SignedOut } from "@/shell/SignedOut";

const Nowhere = () => (
  <main>
    <NotFound />
  </main>
);

const root = createRootRoute({ component: Outlet, notFoundComponent: Nowhere, errorComponent: Broken });

/** Addresses for those who are signed in. Who that is, is asked while the page is still on its way. */
const inside = createRoute({
  getParentRoute: () => root,
  id: "inside",
  loader: () => void queryClient.prefetchQuery(accountQuery),
  component: Shell,
});
/** Addresses for those who are not, or do not need to be. */
const outside = createRoute({ getParentRoute: () => root, id: "outside", component: SignedOut });

const search = (given: Record<string, unknown>) => given as Record<string, string | undefined>;

const insideRoutes = [
  createRoute({
    getParentRoute: () => inside,
    path: "/",
    component: lazyRouteComponent(() => import("@/pages/overview/OverviewPage"), "OverviewPage"),
  }),
  createRoute({
    getParentRoute: () => inside,
    path: "/welcome",
    validateSearch: search,
    component: lazyRouteComponent(() => import("@/pages/welcome/WelcomePage"), "WelcomePage"),
  }),
  createRoute({
    getParentRoute: () => inside,
    path: "/events",
    validateSearch: readSearch,
    loaderDeps: ({ search }) => search,
    loader: ({ deps }) => void queryClient.prefetchInfiniteQuery(eventsQuery(queryOf(deps, Date.now()))),
    component: lazyRouteComponent(() => import("@/pages/events/EventsPage"), "EventsPage"),
  }),
  createRoute({
    getParentRoute: () => inside,
    path: "/events/$id",
    validateSearch: search,
    component: lazyRouteComponent(() => import("@/pages/event/EventPage"), "EventPage"),
  }),
  createRoute({
    getParentRoute: () => inside,
    path: "/apps",
    component: lazyRouteComponent(() => import("@/pages/apps/AppsPage"), "AppsPage"),
  }),
  createRoute({
    getParentRoute: () => inside,
    path: "/apps/$slug",
    validateSearch: search,
    component: lazyRouteComponent(() => import("@/pages/apps/AppPage"), "AppPage"),
  }),
  createRoute({
    getParentRoute: () => inside,
    path: "/apps/$slug/destinations/$id",
    component: lazyRouteComponent(() => import("@/pages/apps/DestinationPage"), "DestinationPage"),
  }),
  createRoute({
    getParentRoute: () => inside,
    path: "/rejected",
    validateSearch: search,
    component: lazyRouteComponent(() => import("@/pages/rejected/RejectedPage"), "RejectedPage"),
  }),
  createRoute({
    getParentRoute: () => inside,
    path: "/usage",
    component: lazyRouteComponent(() => import("@/pages/usage/UsagePage"), "UsagePage"),
  }),
  createRoute({
    getParentRoute: () => inside,
    path: "/team",
    component: lazyRouteComponent(() => import("@/pages/team/TeamPage"), "TeamPage"),
  }),
  createRoute({
    getParentRoute: () => inside,
    path: "/api-keys",
    component: lazyRouteComponent(() => import("@/pages/keys/KeysPage"), "KeysPage"),
  }),
  createRoute({
    getParentRoute: () => inside,
    path: "/audit",
    validateSearch: search,
    component: lazyRouteComponent(() => import("@/pages/audit/AuditPage"), "AuditPage"),
  }),
  createRoute({
    getParentRoute: () => inside,
    path: "/anchors",
    validateSearch: search,
    component: lazyRouteComponent(() => import("@/pages/anchors/AnchorsPage"), "AnchorsPage"),
  }),
  createRoute({
    getParentRoute: () => inside,
    path: "/settings",
    component: lazyRouteComponent(() => import("@/pages/settings/SettingsPage"), "SettingsPage"),
  }),
  createRoute({
    getParentRoute: () => inside,
    path: "/operator",
    component: lazyRouteComponent(() => import("@/pages/operator/OperatorPage"), "OperatorPage"),
  }),
];

const outsideRoutes = [
  createRoute({
    getParentRoute: () => outside,
    path: "/login",
    validateSearch: search,
    component: lazyRouteComponent(() => import("@/pages/account/LoginPage"), "LoginPage"),
  }),
  createRoute({
    getParentRoute: () => outside,
    path: "/signup",
    component: lazyRouteComponent(() => import("@/pages/account/SignUpPage"), "SignUpPage"),
  }),
  createRoute({
    getParentRoute: () => outside,
    path: "/forgot-password",
    component: lazyRouteComponent(() => import("@/pages/account/ForgotPage"), "ForgotPage"),
  }),
  createRoute({
    getParentRoute: () => outside,
    path: "/reset-password",
    component: lazyRouteComponent(() => import("@/pages/account/ResetPage"), "ResetPage"),
  }),
  createRoute({
    getParentRoute: () => outside,
    path: "/verify-email",
    component: lazyRouteComponent(() => import("@/pages/account/VerifyPage"), "VerifyPage"),
  }),
  createRoute({
    getParentRoute: () => outside,
    path: "/invite",
    component: lazyRouteComponent(() => import("@/pages/account/InvitePage"), "InvitePage"),
  }),
  createRoute({
    getParentRoute: () => outside,
    path: "/claim",
    component: lazyRouteComponent(() => import("@/pages/account/ClaimPage"), "ClaimPage"),
  }),
];

export const router = createRouter({
  routeTree: root.addChildren([inside.addChildren(insideRoutes), outside.addChildren(outsideRoutes)]),
  parseSearch,
  stringifySearch,
  defaultPreload: "intent",
  defaultPreloadDelay: 40,
  defaultPendingMs: 120,
  defaultPendingComponent: () => <Skeleton className="p-8" />,
  defaultErrorComponent: Broken,
  scrollRestoration: true,
});

declare module "@tanstack/react-router" {
  interface Register {
    router: typeof router;
  }
}
