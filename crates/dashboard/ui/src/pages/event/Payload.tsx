/** A body as a tree, as text, as what can be seen or heard, or as bytes. */
import { ExternalLink, Image } from "lucide-react";
import { useEffect, useMemo, useState } from "react";
import { Code } from "@/components/Code";
import { CopyButton } from "@/components/Copy";
import { JsonTree } from "@/components/JsonTree";
import { Plain } from "@/components/Plain";
import { type Body, type BodyKind, hexDump, kindOf, type Media, mediaIn, readable } from "@/lib/body";
import { cx } from "@/lib/cx";
import { parse, pretty } from "@/lib/json";
import { event } from "@/texts/event";

type View = keyof typeof event.views;

/** More than this is not put into the viewer. */
const MOST_TEXT = 1_500_000;
const MOST_HEX = 64 * 1024;

function viewsOf(kind: BodyKind, hasMedia: boolean, isJson: boolean): View[] {
  if (kind === "image" || kind === "audio" || kind === "video") return ["preview", "hex"];
  if (kind === "binary") return ["raw", "hex"];
  const views: View[] = isJson ? ["tree", "raw"] : ["raw"];
  return hasMedia ? [...views, "preview"] : views;
}

export function Payload({ body, label }: { body: Body; label: string }) {
  const kind = kindOf(body);
  const json = useMemo(() => (kind === "json" && body.text !== null ? parse(body.text) : undefined), [kind, body.text]);
  const media = useMemo(() => (json === undefined ? [] : mediaIn(json)), [json]);
  const isJson = json !== undefined;
  const views = viewsOf(kind, media.length > 0, isJson);
  const [chosen, setChosen] = useState<View | null>(null);
  const view = chosen && views.includes(chosen) ? chosen : views[0];
  if (kind === "empty") return <p className="p-4 text-muted">{event.emptyBody}</p>;
  return (
    <div>
      <div className="flex min-h-11 items-center gap-1 border-b border-line px-3">
        {views.map((name) => (
          <button
            key={name}
            type="button"
            aria-pressed={view === name}
            onClick={() => setChosen(name)}
            className={cx(
              "h-7 rounded-md px-2.5 text-sm",
              view === name ? "bg-hover font-medium" : "text-muted hover:text-text",
            )}
          >
            {event.views[name]}
          </button>
        ))}
        <Plain className="ml-auto truncate text-xs text-muted">{body.type}</Plain>
        {body.text !== null && <CopyButton value={() => body.text ?? ""} />}
      </div>
      {kind === "json" && !isJson && <Note>{event.notJson}</Note>}
      {view === "tree" && <JsonTree value={json} label={label} />}
      {view === "raw" && <Raw body={body} kind={kind} label={label} />}
      {view === "hex" && <Hex body={body} label={label} />}
      {view === "preview" && <Preview body={body} kind={kind} media={media} />}
    </div>
  );
}

const Note = ({ children }: { children: string }) => (
  <p className="border-b border-line bg-warn-soft px-4 py-2 text-sm">{children}</p>
);

function Raw({ body, kind, label }: { body: Body; kind: BodyKind; label: string }) {
  const text = useMemo(() => {
    if (body.text === null) return readable(body.bytes, MOST_TEXT / 4);
    const isSmall = kind === "json" && body.text.length <= MOST_TEXT / 3 && !body.text.includes("\n");
    return (isSmall && pretty(body.text)) || body.text;
  }, [body, kind]);
  const isCut = text.length > MOST_TEXT || (body.text === null && body.bytes.length > MOST_TEXT / 4);
  return (
    <>
      {body.text === null && <Note>{event.invalidText}</Note>}
      {isCut && <Note>{event.tooLong(Math.min(MOST_TEXT, text.length), body.bytes.length)}</Note>}
      <Code
        text={text.slice(0, MOST_TEXT)}
        label={label}
        language={kind === "json" || kind === "xml" ? kind : "text"}
        maxHeight="35rem"
      />
    </>
  );
}

function Hex({ body, label }: { body: Body; label: string }) {
  const text = useMemo(() => hexDump(body.bytes, MOST_HEX), [body]);
  return (
    <>
      {body.bytes.length > MOST_HEX && <Note>{event.tooLong(MOST_HEX, body.bytes.length)}</Note>}
      <Code text={text} label={label} language="text" maxHeight="35rem" />
    </>
  );
}

function Preview({ body, kind, media }: { body: Body; kind: BodyKind; media: Media[] }) {
  const [own, setOwn] = useState<string>();
  const isMedia = kind === "image" || kind === "audio" || kind === "video";
  useEffect(() => {
    if (!isMedia) return;
    const url = URL.createObjectURL(new Blob([body.bytes], { type: body.type }));
    setOwn(url);
    return () => URL.revokeObjectURL(url);
  }, [body, isMedia]);
  const held = media.filter((it) => it.kind !== "link");
  const links = media.filter((it) => it.kind === "link");
  return (
    <div className="grid gap-4 p-4">
      {own && isMedia && <Shown kind={kind} url={own} path="" />}
      {held.map((it) => (
        <Shown key={it.path} kind={it.kind} url={it.url} path={it.path} />
      ))}
      {links.length > 0 && (
        <>
          <p className="flex items-start gap-2 text-sm text-muted">
            <Image size={16} className="mt-0.5 shrink-0" aria-hidden />
            {event.previewRemote}
          </p>
          <ul className="grid gap-2">
            {links.map((it) => (
              <li key={it.path} className="min-w-0 text-sm">
                <code className="text-muted">{it.path}</code>
                <a href={it.url} target="_blank" rel="noreferrer noopener" className="link flex items-center gap-1.5">
                  <Plain className="min-w-0 break-all">{it.url}</Plain>
                  <ExternalLink size={13} className="shrink-0" aria-hidden />
                </a>
              </li>
            ))}
          </ul>
        </>
      )}
    </div>
  );
}

function Shown({ kind, url, path }: { kind: string; url: string; path: string }) {
  const label = path || event.views.preview;
  return (
    <figure className="grid gap-1">
      {kind === "image" && <img src={url} alt={label} className="max-h-96 max-w-full rounded-md border border-line" />}
      {/* biome-ignore lint/a11y/useMediaCaption: a sender's media has no captions. */}
      {kind === "audio" && <audio src={url} controls aria-label={label} className="w-full" />}
      {/* biome-ignore lint/a11y/useMediaCaption: a sender's media has no captions. */}
      {kind === "video" && <video src={url} controls aria-label={label} className="max-h-96 max-w-full rounded-md" />}
      {path && (
        <figcaption>
          <code className="text-sm text-muted">{path}</code>
        </figcaption>
      )}
    </figure>
  );
}
