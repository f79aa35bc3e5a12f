/** Calls and shapes of apps, figures, the account's safety, and operators; what is common to most pages is in `queries.ts`. */
import { queryOptions } from "@tanstack/react-query";
import { saving } from "@/texts/saving";
import { ask, client, type Schemas } from "./client";
import { ApiError, errorOf } from "./errors";
import type { App, Destination } from "./queries";

/** The description leaves its members open. */
export type RetryPolicy =
  | { first_delay_seconds: number; factor: number; max_delay_seconds: number }
  | { delays_seconds: number[] };

export type FullDestination = Omit<Destination, "retry_policy"> & { retry_policy: RetryPolicy };

export type FullApp = Omit<App, "destinations"> & { destinations: FullDestination[] };

/** Something with the tag of this state of it, which `If-Match` takes. */
export interface Tagged<T> {
  it: T;
  tag: string | undefined;
}

interface Answer {
  data?: unknown;
  error?: unknown;
  response: Response;
}

async function tagged<T>(call: Promise<Answer>): Promise<Tagged<T>> {
  const { data, error, response } = await call;
  if (!response.ok) throw errorOf(response.status, error, response.headers.get("retry-after"));
  return { it: data as T, tag: response.headers.get("etag") ?? undefined };
}

export const taggedAppQuery = (slug: string) =>
  queryOptions({
    queryKey: ["apps", slug, "tagged"],
    queryFn: ({ signal }) => tagged<FullApp>(client.GET("/api/v1/apps/{slug}", { params: { path: { slug } }, signal })),
  });

export const taggedDestinationQuery = (slug: string, id: string) =>
  queryOptions({
    queryKey: ["apps", slug, "destination", id],
    queryFn: ({ signal }) =>
      tagged<FullDestination>(
        client.GET("/api/v1/apps/{slug}/destinations/{id}", { params: { path: { slug, id } }, signal }),
      ),
  });

/** The server's word for it is meant for programs. */
async function unlessChanged<T>(call: Promise<T>): Promise<T> {
  try {
    return await call;
  } catch (error) {
    if (!(error instanceof ApiError) || error.status !== 412) throw error;
    throw new ApiError(412, error.code, saving.changedElsewhere);
  }
}

const ifMatch = (tag: string | undefined): Record<string, string> => (tag ? { "if-match": tag } : {});

export const changeApp = (slug: string, change: object, tag?: string): Promise<FullApp> =>
  unlessChanged(
    ask(
      client.PATCH("/api/v1/apps/{slug}", {
        params: { path: { slug } },
        body: change as Schemas["AppChange"],
        headers: ifMatch(tag),
      }),
    ) as Promise<FullApp>,
  );

export const changeDestination = (slug: string, id: string, change: object, tag?: string): Promise<FullDestination> =>
  unlessChanged(
    ask(
      client.PATCH("/api/v1/apps/{slug}/destinations/{id}", {
        params: { path: { slug, id } },
        body: change as Schemas["DestinationSettings"],
        headers: ifMatch(tag),
      }),
    ) as Promise<FullDestination>,
  );

export type Probe = Schemas["Probe"];

export const probe = (slug: string, id: string, how: "test" | "check"): Promise<Probe> => {
  const params = { path: { slug, id } };
  return how === "test"
    ? ask(client.POST("/api/v1/apps/{slug}/destinations/{id}/test", { params }))
    : ask(client.POST("/api/v1/apps/{slug}/destinations/{id}/check", { params }));
};

export type Figure = Schemas["Point"];
export type Figures = Schemas["StatsAnswer"];

/** How long a stretch is, and in steps of how many seconds it is counted. */
export const STRETCHES = {
  "1h": { step: 60, steps: 60 },
  "24h": { step: 1_800, steps: 48 },
  "7d": { step: 14_400, steps: 42 },
  "30d": { step: 86_400, steps: 30 },
} as const;
export type Stretch = keyof typeof STRETCHES;

/** Where the stretch begins that ends with the step that `now` is in. */
export function beginOf(stretch: Stretch, now: number): string {
  const { step, steps } = STRETCHES[stretch];
  const end = (Math.floor(now / 1_000 / step) + 1) * step;
  return new Date((end - step * steps) * 1_000).toISOString();
}

const REFRESH_MS = 30_000;

export const figuresQuery = (of: { app_slug?: string; destination_id?: string }, stretch: Stretch = "24h") =>
  queryOptions({
    queryKey: ["figures", of, stretch],
    queryFn: ({ signal }) => {
      const query = { ...of, from: beginOf(stretch, Date.now()), step: STRETCHES[stretch].step };
      return ask(client.GET("/api/v1/stats", { params: { query }, signal }));
    },
    staleTime: REFRESH_MS,
    refetchInterval: REFRESH_MS,
  });

export type Plan = Schemas["Plan"];

export const plansQuery = queryOptions({
  queryKey: ["plans"],
  queryFn: ({ signal }) => ask(client.GET("/api/v1/plans", { signal })).then((it) => it.plans),
  staleTime: Number.POSITIVE_INFINITY,
});

export const sendVerification = () => ask(client.POST("/api/v1/account/verify-email"));

export const leaveTeam = () => ask(client.POST("/api/v1/team/leave"));

export const secondFactorQuery = queryOptions({
  queryKey: ["second-factor"],
  queryFn: ({ signal }) => ask(client.GET("/api/v1/account/second-factor", { signal })),
});

export const beginSecondFactor = (password: string) =>
  ask(client.POST("/api/v1/account/second-factor", { body: { password } }));
export const confirmSecondFactor = (code: string) =>
  ask(client.PUT("/api/v1/account/second-factor", { body: { code } }));
export const endSecondFactor = (password: string, code: string) =>
  ask(client.DELETE("/api/v1/account/second-factor", { body: { password, code } }));

export type Identity = Schemas["Identity"];

export const identitiesQuery = queryOptions({
  queryKey: ["identities"],
  queryFn: ({ signal }) => ask(client.GET("/api/v1/account/identities", { signal })),
});

export const removeIdentity = (id: string) =>
  ask(client.DELETE("/api/v1/account/identities/{id}", { params: { path: { id } } }));

/** Where the browser is to go, and from where it comes back to the page. */
export const linkIdentity = (returnTo: string, proof: { password?: string; code?: string } = {}) =>
  ask(client.POST("/api/v1/account/identities/oidc", { body: { returnTo, ...proof } }));

export type OperatedTenant = Schemas["OperatedTenant"];

const PAGE_OF_TENANTS = 100;

export const operatedTenants = (asked: { q: string; plan: string; cursor: string }) => {
  const given = Object.fromEntries(Object.entries(asked).filter(([, value]) => value !== ""));
  return ask(client.GET("/api/v1/operator/tenants", { params: { query: { ...given, limit: PAGE_OF_TENANTS } } }));
};

export const setPlan = (id: string, plan: string) =>
  ask(client.PUT("/api/v1/operator/tenants/{id}/plan", { params: { path: { id } }, body: { plan } }));

export type Tally = Schemas["Figure"];
export type InstallationHealth = Schemas["InstallationHealth"];

export const installationHealthQuery = queryOptions({
  queryKey: ["operator", "health"],
  queryFn: ({ signal }) => ask(client.GET("/api/v1/operator/health", { signal })),
  refetchInterval: 10_000,
});
