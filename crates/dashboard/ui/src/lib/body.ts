/** What a body is, and how it can be shown. Whoever sent it may have meant harm. */

export interface Body {
  bytes: Uint8Array<ArrayBuffer>;
  /** Null where the bytes are no text. */
  text: string | null;
  type: string;
}

export type BodyKind = "json" | "xml" | "form" | "text" | "image" | "audio" | "video" | "binary" | "empty";

export function bytesOf(base64: string): Uint8Array<ArrayBuffer> {
  const binary = atob(base64);
  const bytes = new Uint8Array(binary.length);
  for (let at = 0; at < binary.length; at += 1) bytes[at] = binary.charCodeAt(at);
  return bytes;
}

export function bodyOf(body: string, encoding: string | null | undefined, type: string): Body {
  if (encoding !== "base64") return { bytes: new TextEncoder().encode(body), text: body, type };
  const bytes = bytesOf(body);
  return { bytes, text: null, type };
}

/** By what the sender says it is, and by what it looks like. */
export function kindOf({ bytes, text, type }: Body): BodyKind {
  if (bytes.length === 0) return "empty";
  const said = type.toLowerCase().split(";")[0]?.trim() ?? "";
  const media = /^(image|audio|video)\//.exec(said)?.[1] as "image" | "audio" | "video" | undefined;
  if (media) return media;
  if (text === null) return "binary";
  const start = text.trimStart().slice(0, 1);
  if (/[/+]json$/.test(said) || start === "{" || start === "[") return "json";
  if (/[/+]xml$/.test(said) || said === "text/html" || start === "<") return "xml";
  if (said === "application/x-www-form-urlencoded") return "form";
  return "text";
}

/** What is no UTF-8, as far as it can be read: each byte that cannot is `\xNN`. */
export function readable(bytes: Uint8Array, most: number): string {
  const shown: string[] = [];
  const decoder = new TextDecoder("utf-8", { fatal: true });
  let at = 0;
  while (at < Math.min(bytes.length, most)) {
    const lead = bytes[at] ?? 0;
    const length = lead < 0x80 ? 1 : lead < 0xc2 ? 0 : lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : lead < 0xf5 ? 4 : 0;
    const piece = length > 0 ? decoded(decoder, bytes.subarray(at, at + length)) : undefined;
    shown.push(piece ?? `\\x${lead.toString(16).padStart(2, "0")}`);
    at += piece === undefined ? 1 : length;
  }
  return shown.join("");
}

function decoded(decoder: TextDecoder, bytes: Uint8Array): string | undefined {
  try {
    return decoder.decode(bytes);
  } catch {
    return undefined;
  }
}

/** The classic: offset, sixteen bytes, what of them is ASCII. */
export function hexDump(bytes: Uint8Array, most: number): string {
  const lines: string[] = [];
  for (let at = 0; at < Math.min(bytes.length, most); at += 16) {
    const row = [...bytes.subarray(at, at + 16)];
    const hex = row.map((byte) => byte.toString(16).padStart(2, "0")).join(" ");
    const text = row.map((byte) => (byte >= 0x20 && byte < 0x7f ? String.fromCharCode(byte) : ".")).join("");
    lines.push(`${at.toString(16).padStart(8, "0")}  ${hex.padEnd(47)}  ${text}`);
  }
  return lines.join("\n");
}

export interface Media {
  kind: "image" | "audio" | "video" | "link";
  url: string;
  /** Where in the body it stands. */
  path: string;
}

const ENDINGS = /\.(png|jpe?g|gif|webp|avif|svg|mp4|webm|mov|mp3|wav|ogg|flac|m4a|glb|zip|pdf)(?:[?#]|$)/i;
const MOST_NODES = 20_000;
const MOST_MEDIA = 40;

/**
 * Pictures, sounds and films that a JSON body holds or links to. What it holds can be shown; what it links to cannot:
 * the page asks no other host for anything.
 */
export function mediaIn(json: unknown): Media[] {
  const found: Media[] = [];
  const waiting: [string, unknown][] = [["", json]];
  for (let seen = 0; waiting.length > 0 && seen < MOST_NODES && found.length < MOST_MEDIA; seen += 1) {
    const [path, value] = waiting.shift() ?? ["", null];
    if (typeof value === "string") {
      const media = mediaOf(value, path);
      if (media) found.push(media);
    } else if (Array.isArray(value)) {
      for (const [at, one] of value.slice(0, 1_000).entries()) waiting.push([`${path}[${at}]`, one]);
    } else if (typeof value === "object" && value !== null) {
      for (const [name, one] of Object.entries(value).slice(0, 1_000))
        waiting.push([path ? `${path}.${name}` : name, one]);
    }
  }
  return found;
}

function mediaOf(text: string, path: string): Media | undefined {
  const held = /^data:(image|audio|video)\/[a-z0-9.+-]+(?:;[^,]*)?,/i.exec(text);
  if (held) return { kind: held[1]?.toLowerCase() as Media["kind"], url: text, path };
  const isOutput = /(^|\.)output(\[\d+\])?$/.test(path);
  if (!/^https?:\/\//i.test(text) || text.length > 4_000 || /\s/.test(text)) return undefined;
  return isOutput || ENDINGS.test(text) ? { kind: "link", url: text, path } : undefined;
}
