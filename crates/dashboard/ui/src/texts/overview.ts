/** Texts of the overview. */
import { number } from "@/lib/format";
import { plural } from "./common";

export const overview = {
  title: "Overview",
  spans: { "1h": "1 h", "24h": "24 h", "7d": "7 days", "30d": "30 days" },
  spanLabel: "Over",
  spanWords: { "1h": "the last hour", "24h": "the last 24 hours", "7d": "the last 7 days", "30d": "the last 30 days" },
  well: "Everything is delivered.",
  quiet: "Nothing came in.",
  waiting: (count: number) => `${plural(count, "delivery is", "deliveries are")} on the way.`,
  failing: (count: number) => `${plural(count, "destination is", "destinations are")} failing.`,
  failed: (count: number) => `${plural(count, "event", "events")} could not be delivered.`,
  summary: (received: number, span: string) => `${plural(received, "event", "events")} in ${span}.`,
  partial: "There are more events than are counted: the oldest are left out.",
  tiles: {
    received: "Received",
    delivered: "Delivered",
    latency: "Handler’s time, p95",
    backlog: "Waiting",
    rejected: "Rejected",
  },
  deliveredHint: (failed: number, waiting: number) =>
    [failed > 0 ? `${number(failed)} failed` : "none failed", waiting > 0 && `${number(waiting)} under way`]
      .filter(Boolean)
      .join(" · "),
  turnedAway: (count: number) => `${plural(count, "request was", "requests were")} turned away.`,
  median: (text: string) => `median ${text}`,
  oldest: "oldest",
  held: (count: number) => `${number(count)} held`,
  noBacklog: "nothing waits",
  rejectedHint: "turned away",
  noneRejected: "none",
  charts: {
    throughput: "Events",
    latency: "Time that handlers take",
    success: "Delivered",
    delivered: "Delivered",
    failed: "Failed",
    waiting: "Waiting",
    rejected: "Rejected",
    p50: "Median",
    p95: "p95",
    drag: "Drag over a stretch to see its events.",
  },
  failingTitle: "What fails",
  first: "first",
  count: (count: number) => plural(count, "delivery", "deliveries"),
  heldBack: "Held back: its deliveries wait, and use up no attempts.",
  recovering: "It works again: what waited is delivered, more and more at a time.",
  nextTry: "The next one is tried",
  showEvents: "Show events",
  replayFailed: "Replay failed",
  replayFailedTitle: (app: string) => `Replay all failed events of ${app}?`,
  replayFailedText:
    "They are sent again to all destinations of the app, signed now. Replay them once the handler works.",
  destination: "Destination",
  recent: "Latest events",
  all: "All events",
  startTitle: "Receive your first webhook",
  start: "Make an app, give its URL to a provider, and watch the first event arrive. It takes two minutes.",
  startAction: "Begin",
} as const;

/** What to do about a failure, by what it looks like. */
export const advice = {
  auth: "The handler refuses the request. Check that it verifies with this destination’s signing secret, and that nothing in front of it asks for a login.",
  notFound: "There is nothing at this path. Check the destination’s URL against the routes of your deployment.",
  gone: "The handler says that it is gone for good. Give the destination another URL.",
  tooLarge: "The handler does not take bodies of this size. Raise its limit.",
  tooMany: "The handler is asked too often. Limit the destination’s rate or its concurrency.",
  client: "The handler refuses what it is sent. Look at its answer, correct the handler, then replay.",
  server: "The handler fails. Look into its log, correct it, then replay.",
  redirect: "The URL redirects, which is not followed. Give the destination the final URL.",
  timeout: "The handler does not answer in time. Raise the destination’s timeout, or let the handler answer sooner.",
  resolve: "The host’s name cannot be resolved. Check the URL, and the name’s DNS records.",
  connect: "Nothing listens there. Check that the handler runs, and that it can be reached from AnyHook.",
  tls: "The certificate is not accepted. Renew it, or serve its whole chain.",
  forbidden: "The address is not public, and this installation does not deliver there. Use a public address.",
  other: "Look at the last attempt of one of its events: it shows what the handler answered.",
} as const;
