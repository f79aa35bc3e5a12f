/** The URL to give to the provider, and where to enter it there. */
import { useQuery } from "@tanstack/react-query";
import type { FullApp } from "@/api/calls";
import { sourcesQuery } from "@/api/queries";
import { CopyField } from "@/components/Copy";
import { Panel } from "@/components/Page";
import { AUTO } from "@/components/SourcePicker";
import { app as texts } from "@/texts/app";

export function InboundPanel({ app }: { app: FullApp }) {
  const source = useQuery(sourcesQuery).data?.sources.find((it) => it.slug === app.source);
  return (
    <Panel title={texts.inbound.title}>
      <div className="grid gap-3">
        <CopyField value={app.inboundUrl} label={texts.inbound.url} isWrapped />
        {source && source.slug !== AUTO && (
          <div className="text-sm">
            <h3 className="font-medium">{texts.inbound.where(source.name)}</h3>
            <p className="text-pretty text-muted">{source.setup}</p>
          </div>
        )}
        <p className="text-sm text-muted">{texts.inbound.lead}</p>
        {app.legacyInboundUrls.length > 0 && (
          <details className="text-sm">
            <summary className="text-muted">{texts.inbound.legacy(app.legacyInboundUrls.length)}</summary>
            <ul className="mt-2 grid gap-2">
              {app.legacyInboundUrls.map((url) => (
                <li key={url}>
                  <CopyField value={url} label={texts.inbound.legacyUrl} isWrapped />
                </li>
              ))}
            </ul>
          </details>
        )}
      </div>
    </Panel>
  );
}
