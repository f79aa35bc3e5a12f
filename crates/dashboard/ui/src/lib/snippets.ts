/** The same request, as commands and code to send it with. Nothing of a sender's can get out of its quotes. */
import type { HeaderField } from "@/api/queries";

export interface Sent {
  method: string;
  url: string;
  headers: HeaderField[];
  /** Null where it is no text: then it is sent from the file that was saved. */
  body: string | null;
  file: string;
}

export type Language = "curl" | "javascript" | "python";

/** What the client that sends it makes itself. */
const OWN = /^(host|content-length|connection|transfer-encoding|accept-encoding|x-forwarded-.*|via|forwarded)$/i;

const kept = ({ headers }: Sent): [string, string][] =>
  headers.filter((it) => !OWN.test(it.name) && it.encoding !== "base64").map((it) => [it.name, it.value]);

const shell = (text: string): string => {
  if (/^[\w@%+=:,./-]+$/.test(text)) return text;
  // With control characters only this form can be pasted.
  if (/[\u0000-\u001f\u007f-\u009f\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff]/.test(text))
    return `$'${escaped(text)}'`;
  return `'${text.replaceAll("'", "'\\''")}'`;
};

const escaped = (text: string): string =>
  [...text]
    .map((character) => {
      const code = character.codePointAt(0) ?? 0;
      if (character === "\n") return "\\n";
      if (character === "'" || character === "\\") return `\\${character}`;
      const isPlain = code >= 0x20 && !(code >= 0x7f && code <= 0x9f) && !HIDDEN.test(character);
      return isPlain
        ? character
        : code > 0xffff
          ? `\\U${hex(code, 8)}`
          : code > 0xff
            ? `\\u${hex(code, 4)}`
            : `\\x${hex(code, 2)}`;
    })
    .join("");

const HIDDEN = /[\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff]/;
const hex = (code: number, digits: number): string => code.toString(16).padStart(digits, "0");

/** A string literal of JavaScript and, in its escapes, of Python. */
const literal = (text: string): string =>
  JSON.stringify(text).replace(
    /[\u007f-\u009f\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff]/g,
    (character) => `\\u${hex(character.charCodeAt(0), 4)}`,
  );

const isBodied = (sent: Sent): boolean => sent.body === null || sent.body !== "";

export function snippet(language: Language, sent: Sent): string {
  return { curl, javascript, python }[language](sent);
}

function curl(sent: Sent): string {
  const headers = kept(sent).map(([name, value]) => `-H ${shell(`${name}: ${value}`)}`);
  const body = sent.body === null ? `--data-binary @${shell(sent.file)}` : `--data-binary ${shell(sent.body)}`;
  const parts = [`curl -X ${shell(sent.method)} ${shell(sent.url)}`, ...headers, ...(isBodied(sent) ? [body] : [])];
  return parts.join(" \\\n  ");
}

function javascript(sent: Sent): string {
  const headers = kept(sent).map(([name, value]) => `    [${literal(name)}, ${literal(value)}],`);
  const body = sent.body === null ? `await readFile(${literal(sent.file)})` : literal(sent.body);
  return [
    ...(sent.body === null ? ['import { readFile } from "node:fs/promises";', ""] : []),
    `const answer = await fetch(${literal(sent.url)}, {`,
    `  method: ${literal(sent.method)},`,
    "  headers: [",
    ...headers,
    "  ],",
    ...(isBodied(sent) ? [`  body: ${body},`] : []),
    "});",
    "console.log(answer.status, await answer.text());",
  ].join("\n");
}

function python(sent: Sent): string {
  const headers = kept(sent).map(([name, value]) => `        ${literal(name)}: ${literal(value)},`);
  const body = sent.body === null ? `open(${literal(sent.file)}, "rb").read()` : `${literal(sent.body)}.encode()`;
  return [
    "import urllib.request",
    "",
    "request = urllib.request.Request(",
    `    ${literal(sent.url)},`,
    `    method=${literal(sent.method)},`,
    ...(isBodied(sent) ? [`    data=${body},`] : []),
    "    headers={",
    ...headers,
    "    },",
    ")",
    "with urllib.request.urlopen(request) as answer:",
    "    print(answer.status, answer.read().decode())",
  ].join("\n");
}
