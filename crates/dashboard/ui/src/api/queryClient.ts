/** How answers are kept and asked for again. */
import { QueryClient } from "@tanstack/react-query";
import { ApiError } from "./errors";

const MOST_RETRIES = 2;

/** Asking again helps where the server was away, not where it has decided. */
export const isPassing = (error: unknown): boolean =>
  error instanceof ApiError && (error.status === 0 || error.status === 429 || error.status >= 502);

export const queryClient = new QueryClient({
  defaultOptions: {
    queries: {
      staleTime: 15_000,
      gcTime: 10 * 60_000,
      retry: (count, error) => count < MOST_RETRIES && isPassing(error),
      refetchOnWindowFocus: true,
    },
    mutations: { retry: false },
  },
});
