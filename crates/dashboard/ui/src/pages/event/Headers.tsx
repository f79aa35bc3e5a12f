/** Headers as they came: thousands of them, too. */
import { useVirtualizer } from "@tanstack/react-virtual";
import { useMemo, useRef, useState } from "react";
import type { HeaderField } from "@/api/queries";
import { CopyButton } from "@/components/Copy";
import { Plain } from "@/components/Plain";
import { Tip } from "@/components/Tip";
import { event } from "@/texts/event";

const REDACTED = "[redacted]";
/** From so many on, there is a field to search them. */
const MANY = 15;

export function Headers({ headers }: { headers: HeaderField[] }) {
  const [typed, setTyped] = useState("");
  const shown = useMemo(() => {
    const wanted = typed.toLowerCase();
    return headers.filter((it) => `${it.name}: ${it.value}`.toLowerCase().includes(wanted));
  }, [headers, typed]);
  const scroller = useRef<HTMLDivElement>(null);
  const virtual = useVirtualizer({
    count: shown.length,
    getScrollElement: () => scroller.current,
    estimateSize: () => 32,
    overscan: 8,
  });
  const label = event.headersCount(headers.length);
  return (
    <div>
      {headers.length > MANY && (
        <div className="border-b border-line p-2">
          <input
            type="search"
            className="field"
            aria-label={event.filterHeaders}
            placeholder={`${event.filterHeaders} · ${label}`}
            value={typed}
            onChange={(changed) => setTyped(changed.target.value)}
          />
        </div>
      )}
      <div ref={scroller} className="max-h-[32rem] overflow-auto" tabIndex={0} role="region" aria-label={label}>
        <dl className="relative" style={{ height: virtual.getTotalSize() }}>
          {virtual.getVirtualItems().map((item) => {
            const header = shown[item.index];
            if (!header) return null;
            return (
              <div
                key={item.key}
                ref={virtual.measureElement}
                data-index={item.index}
                className="group absolute inset-x-0 top-0 grid grid-cols-1 items-start gap-x-4 border-b border-line px-4 py-1.5 sm:grid-cols-[minmax(9rem,34%)_1fr_auto]"
                style={{ transform: `translateY(${item.start}px)` }}
              >
                <dt className="font-mono text-sm break-all text-muted">
                  <Plain>{header.name}</Plain>
                </dt>
                <dd className="font-mono text-sm break-all">
                  <HeaderValue header={header} />
                </dd>
                <span className="hidden h-5 items-center opacity-0 group-focus-within:opacity-100 group-hover:opacity-100 sm:flex">
                  <CopyButton value={header.value} className="!size-6" />
                </span>
              </div>
            );
          })}
        </dl>
      </div>
    </div>
  );
}

function HeaderValue({ header }: { header: HeaderField }) {
  if (header.value === REDACTED) {
    return (
      <Tip text={event.redacted}>
        <span className="rounded-sm bg-hover px-1 text-muted" tabIndex={0}>
          {REDACTED}
        </span>
      </Tip>
    );
  }
  return (
    <>
      <Plain most={8_000}>{header.value}</Plain>
      {header.encoding === "base64" && <span className="ml-2 font-sans text-xs text-warn">{event.base64}</span>}
    </>
  );
}
