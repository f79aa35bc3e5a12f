/** Texts of forms that change what is stored. */
export const saving = {
  save: "Save changes",
  discard: "Discard",
  saved: "Saved.",
  unsaved: "Not saved yet",
  changedTitle: "Somebody changed this meanwhile",
  changed: "What you typed is kept. Look at what is stored now, then save again, or take it over.",
  changedElsewhere:
    "Somebody changed this meanwhile. What you typed is kept: look at what is stored now, then save again.",
  storedNow: (name: string, value: string) => `${name} is now ${value}`,
  take: "Take what is stored",
  nothing: "empty",
} as const;
