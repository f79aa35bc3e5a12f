/** What the pages ask for, each with the key under which the answer is kept. */
import { infiniteQueryOptions, queryOptions } from "@tanstack/react-query";
import { ask, client, type Schemas } from "./client";
import { signedIn } from "./session";

export const PAGE_SIZE = 200;
/** Long enough for what is asked on the way to a page to be there when the page is. */
const JUST_ASKED_MS = 3_000;

/** A filter in the API's words, as text. */
export type EventQuery = Partial<
  Record<
    | "app_slug"
    | "status"
    | "source"
    | "event_type"
    | "field"
    | "provider_id"
    | "outbound_status"
    | "since"
    | "until"
    | "q",
    string
  >
>;

/** The same with the types that the API takes. */
export const typed = ({ outbound_status: status, field, ...others }: EventQuery) => ({
  ...others,
  ...(status && { outbound_status: Number(status) }),
  ...(field && { field: [field] }),
});

export const accountQuery = queryOptions({
  queryKey: ["account"],
  queryFn: async ({ signal }) => {
    const account = await ask(client.GET("/api/v1/account", { signal }));
    signedIn();
    return account;
  },
  staleTime: 60_000,
});

export const tenantsQuery = queryOptions({
  queryKey: ["tenants"],
  queryFn: ({ signal }) => ask(client.GET("/api/v1/tenants", { signal })).then((it) => it.tenants),
  staleTime: 60_000,
});

export const appsQuery = queryOptions({
  queryKey: ["apps"],
  queryFn: ({ signal }) => ask(client.GET("/api/v1/apps", { signal })).then((it) => it.apps),
});

export const appQuery = (slug: string) =>
  queryOptions({
    queryKey: ["apps", slug],
    queryFn: ({ signal }) => ask(client.GET("/api/v1/apps/{slug}", { params: { path: { slug } }, signal })),
  });

export const sourcesQuery = queryOptions({
  queryKey: ["sources"],
  queryFn: ({ signal }) => ask(client.GET("/api/v1/sources", { signal })),
  staleTime: Number.POSITIVE_INFINITY,
});

export const eventsQuery = (filter: EventQuery) =>
  infiniteQueryOptions({
    queryKey: ["events", "list", filter],
    queryFn: ({ pageParam, signal }) =>
      ask(
        client.GET("/api/v1/events", {
          params: { query: { ...typed(filter), limit: PAGE_SIZE, ...(pageParam && { cursor: pageParam }) } },
          signal,
        }),
      ),
    initialPageParam: "",
    getNextPageParam: (page) => page.nextCursor ?? undefined,
    // The live stream keeps the list; asking for all pages again on every look would not.
    staleTime: Number.POSITIVE_INFINITY,
    refetchOnMount: ({ state }) => (Date.now() - state.dataUpdatedAt > JUST_ASKED_MS ? "always" : false),
    refetchOnWindowFocus: false,
  });

/** With `isWithContent` false the server need not open what is sealed, and need not note down that somebody looked. */
export const eventQuery = (id: string, isWithContent = true) =>
  queryOptions({
    queryKey: ["event", id, isWithContent],
    queryFn: ({ signal }) =>
      ask(
        client.GET("/api/v1/events/{id}", {
          params: { path: { id }, query: { content: isWithContent } },
          signal,
        }),
      ),
    staleTime: 5_000,
    // The live stream says when there is something new, and each look at a content is written down.
    refetchOnWindowFocus: !isWithContent,
  });

export const usageQuery = queryOptions({
  queryKey: ["usage"],
  queryFn: ({ signal }) => ask(client.GET("/api/v1/usage", { signal })),
});

export const replaysQuery = queryOptions({
  queryKey: ["replays"],
  queryFn: ({ signal }) => ask(client.GET("/api/v1/replays", { signal })).then((it) => it.replays),
});

export type LoginOptions = Schemas["LoginOptions"];

export const loginOptionsQuery = queryOptions({
  queryKey: ["login-options"],
  queryFn: ({ signal }) =>
    ask(client.GET("/api/v1/login/options", { signal })).catch((): LoginOptions => ({ oidc: null, signup: true })),
  staleTime: Number.POSITIVE_INFINITY,
});

export type Event = Schemas["Event"];
export type EventDetail = Schemas["EventDetail"];
export type Delivery = Schemas["Delivery"];
export type Attempt = Schemas["Attempt"];
export type App = Schemas["App"];
export type Destination = Schemas["Destination"];
export type Account = Schemas["Account"];
export type HeaderField = Schemas["HeaderField"];
