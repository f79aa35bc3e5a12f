/** Texts that many pages share. */

export const plural = (count: number, one: string, many: string): string =>
  `${count.toLocaleString("en")} ${count === 1 ? one : many}`;

export const common = {
  product: "AnyHook",
  cancel: "Cancel",
  close: "Close",
  save: "Save",
  saved: "Saved.",
  copy: "Copy",
  copied: "Copied",
  copyFailed: "The browser did not allow copying. Select the text and copy it by hand.",
  retry: "Try again",
  loading: "Loading…",
  more: "More",
  optional: "optional",
  show: "Show",
  hide: "Hide",
  back: "Back",
  never: "never",
  justNow: "just now",
  none: "–",
  failed: "This could not be loaded",
  unreachable: "AnyHook does not answer. Check the connection, then try again.",
  unexpected: "AnyHook answered something unexpected. Try again; if it stays, tell whoever runs this installation.",
  notYet: "This installation does not offer this yet.",
  slow: "This takes longer than usual…",
  secretOnce: "This is shown only once. Copy it now and keep it safe.",
  secretStored: "I have stored it",
  mayNot: (role: string) => `Your role (${role}) may not do this. Ask an owner or admin of the workspace.`,
  keyboard: "Keyboard shortcuts",
  notFoundTitle: "There is no such page",
  notFound: "The address may be mistyped, or what it named was deleted.",
  toOverview: "Go to the overview",
  brokenTitle: "This page has stopped working",
  broken: "Load it again. If it stays, tell whoever runs this installation what you did.",
  reload: "Load again",
  newVersion: "A new version of AnyHook is running. Load the page again to use it.",
  notifications: "Notifications",
  dismiss: "Dismiss",
} as const;

export const statusTexts = {
  success: "Delivered",
  queued: "Queued",
  retrying: "Retrying",
  held: "Held",
  failed: "Failed",
  rejected: "Rejected",
  logged: "Logged",
} as const;
