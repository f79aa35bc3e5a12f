/** Where to go after signing in: a path of our own, and nothing else. */
export function nextPath(next: string | undefined): string {
  return next?.startsWith("/") && !next.startsWith("//") && !next.includes("\\") ? next : "/";
}
