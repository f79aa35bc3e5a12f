/** The one way to the API. Its types come from the API's description; what fails is an `ApiError`. */
import createClient from "openapi-fetch";
import { errorOf, unreachable } from "./errors";
import type { components, paths } from "./schema";
import { signedInAgain } from "./session";

export type Schemas = components["schemas"];

/** Calls whose 401 is about what was typed, not about the session. */
const OPEN = [
  "/api/v1/login",
  "/api/v1/signup",
  "/api/v1/invitations/accept",
  "/api/v1/logout",
  "/api/v1/login/oidc/code",
];

/** A call that finds the session ended waits until the reader has signed in again, and is then sent once more. */
async function send(request: Request): Promise<Response> {
  const again = request.clone();
  const answer = await fetch(request).catch((error: unknown) => {
    throw request.signal.aborted ? error : unreachable();
  });
  if (answer.status !== 401 || OPEN.includes(new URL(request.url).pathname)) return answer;
  const code = (await answer
    .clone()
    .json()
    .catch(() => ({}))) as { code?: string };
  if (code.code !== "unauthenticated") return answer;
  return (await signedInAgain()) ? send(again) : answer;
}

export const client = createClient<paths>({ baseUrl: location.origin, fetch: send });

interface Answer<T> {
  data?: T;
  error?: unknown;
  response: Response;
}

/** What a call answers; throws an `ApiError` if it fails. */
export async function ask<T>(call: Promise<Answer<T>>): Promise<T> {
  const { data, error, response } = await call;
  if (!response.ok) throw errorOf(response.status, error, response.headers.get("retry-after"));
  return data as T;
}

/** For a call that must happen once, however often it is sent. */
export const idempotencyKey = (): string => crypto.randomUUID();
