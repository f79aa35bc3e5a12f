/** Characters that hide or reorder text, made visible: what others sent must not look like what it is not. */

/** Controls, joiners and marks without a width, and everything that changes the direction of writing. */
const HIDDEN =
  // biome-ignore lint/suspicious/noMisleadingCharacterClass: each stands for itself, joined to nothing.
  /[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f-\u009f\u00ad\u061c\u115f\u1160\u17b4\u17b5\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f\u3164\ufeff\uffa0\ufff9-\ufffb\u{e0000}-\u{e007f}\u{e0100}-\u{e01ef}]/gu;

export interface Piece {
  text: string;
  /** It stands for a character that would not be seen. */
  isMark: boolean;
}

export function pieces(text: string): Piece[] {
  const found: Piece[] = [];
  let from = 0;
  for (const match of text.matchAll(HIDDEN)) {
    if (match.index > from) found.push({ text: text.slice(from, match.index), isMark: false });
    found.push({ text: nameOf(match[0]), isMark: true });
    from = match.index + match[0].length;
  }
  if (from < text.length || found.length === 0) found.push({ text: text.slice(from), isMark: false });
  return found;
}

/** The same as one text, for titles and the clipboard of names. */
export const visible = (text: string): string => text.replace(HIDDEN, nameOf);

const nameOf = (character: string): string =>
  `U+${(character.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, "0")}`;
