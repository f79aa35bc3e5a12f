/** The second step: the URL, and the exact place for it at the provider. */
import { useQuery } from "@tanstack/react-query";
import { type App, sourcesQuery } from "@/api/queries";
import { CopyField } from "@/components/Copy";
import { AUTO } from "@/components/SourcePicker";
import { welcome } from "@/texts/welcome";

export function Inbound({ app }: { app: App }) {
  const source = useQuery(sourcesQuery).data?.sources.find((it) => it.slug === app.source);
  return (
    <div className="card grid gap-3 p-4">
      <CopyField value={app.inboundUrl} label={welcome.inboundLabel} isWrapped />
      {source && source.slug !== AUTO && (
        <p className="text-pretty text-muted">
          <b className="font-medium text-text">{welcome.where}:</b> {source.setup}
        </p>
      )}
    </div>
  );
}
