/** What a call to the API failed with, in the API's own words. */
import { common } from "@/texts/common";

export class ApiError extends Error {
  constructor(
    /** The HTTP status; 0 where no answer came. */
    readonly status: number,
    readonly code: string,
    message: string,
    /** The part of the request that is to blame. */
    readonly field?: string,
    readonly retryAfterSeconds?: number,
  ) {
    super(message);
    this.name = "ApiError";
  }
}

export const isNotFound = (error: unknown): boolean => error instanceof ApiError && error.status === 404;

export const unreachable = (): ApiError => new ApiError(0, "unreachable", common.unreachable);

/** Reads `{error, code, field}`; anything else in its place says that something unexpected came. */
export function errorOf(status: number, body: unknown, retryAfter?: string | null): ApiError {
  const said = (typeof body === "object" && body !== null ? body : {}) as Record<string, unknown>;
  const text = typeof said["error"] === "string" ? said["error"] : common.unexpected;
  const code = typeof said["code"] === "string" ? said["code"] : "unexpected";
  const field = typeof said["field"] === "string" ? said["field"] : undefined;
  const seconds = retryAfter ? Number.parseInt(retryAfter, 10) : Number.NaN;
  return new ApiError(status, code, text, field, Number.isNaN(seconds) ? undefined : seconds);
}

/** What to tell the reader of a failure that may not be the API's. */
export function sentenceOf(error: unknown): string {
  return error instanceof ApiError ? error.message : common.unexpected;
}
