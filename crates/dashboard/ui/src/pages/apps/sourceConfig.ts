/** A source's further settings: as they are stored, and as they are typed. */

export type Config = Record<string, unknown>;

/** Lists, objects and numbers of seconds are written as JSON; everything else is text. */
export function readSetting(name: string, typed: string): unknown {
  const text = typed.trim();
  const isJson = /^[[{"]/.test(text) || (name.endsWith("_seconds") && /^\d+$/.test(text));
  if (!isJson) return text;
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return text;
  }
}

export const shownSetting = (value: unknown): string =>
  value === undefined || value === null ? "" : typeof value === "string" ? value : JSON.stringify(value);

/** What is stored after typing; an empty field is no setting. What the page has no field for stays. */
export function configOf(stored: Config, typed: Record<string, string>): Config {
  const config: Config = { ...stored };
  for (const [name, text] of Object.entries(typed)) {
    if (text.trim() === "") delete config[name];
    else config[name] = readSetting(name, text);
  }
  return config;
}
