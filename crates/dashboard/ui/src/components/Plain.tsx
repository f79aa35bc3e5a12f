/** Text that somebody else wrote: its own direction of writing, and nothing in it that cannot be seen. */
import { Fragment, memo } from "react";
import { pieces } from "@/lib/visible";

interface Props {
  children: string | null | undefined;
  className?: string;
  /** Longer text is cut here: a page must not be as long as a sender likes. */
  most?: number;
}

export const Plain = memo(function Plain({ children, className, most = 2_000 }: Props) {
  const text = children ?? "";
  const shown = text.length > most ? `${text.slice(0, most)}…` : text;
  const parts = pieces(shown);
  if (parts.length === 1 && !parts[0]?.isMark) return <bdi className={className}>{shown}</bdi>;
  return (
    <bdi className={className}>
      {parts.map((part, at) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: pieces of one text have no other name than their place.
        <Fragment key={at}>{part.isMark ? <Mark text={part.text} /> : part.text}</Fragment>
      ))}
    </bdi>
  );
});

const Mark = ({ text }: { text: string }) => (
  <span className="mx-px rounded-sm bg-warn-soft px-0.5 font-mono text-[0.75em] text-warn">{text}</span>
);
