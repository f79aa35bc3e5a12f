/** The first step: which provider posts, and the secret that it signs with. */
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { ask, client } from "@/api/client";
import { sourcesQuery } from "@/api/queries";
import { Button } from "@/components/Button";
import { FormError, TextField } from "@/components/Field";
import { AUTO } from "@/components/SourcePicker";
import { useRefusal } from "@/lib/roles";
import { useAction } from "@/lib/useAction";
import { welcome } from "@/texts/welcome";
import { type SourceChoice, SourceFields } from "../apps/SourceFields";
import { configOf } from "../apps/sourceConfig";

export function MakeApp({ onMade }: { onMade(slug: string, secret: string): void }) {
  const queries = useQueryClient();
  const sources = useQuery(sourcesQuery).data?.sources;
  const refusal = useRefusal("configure");
  const [choice, setChoice] = useState<SourceChoice>({ source: AUTO, secret: "", settings: {} });
  const [typed, setTyped] = useState<string | null>(null);
  const proposed = choice.source === AUTO ? "" : (sources?.find((it) => it.slug === choice.source)?.name ?? "");
  const name = typed ?? proposed;
  const making = useAction(async () => {
    const config = configOf({}, choice.settings);
    const body = {
      name,
      source: choice.source,
      ...(choice.secret.trim() && { secret: choice.secret.trim() }),
      ...(Object.keys(config).length > 0 && { source_config: config as Record<string, never> }),
    };
    const app = await ask(client.POST("/api/v1/apps", { body }));
    await queries.invalidateQueries({ queryKey: ["apps"] });
    onMade(app.slug, choice.secret);
  });
  const about = (field: string) =>
    making.about(field) ?? making.about(field === "sourceConfig" ? "source_config" : field);
  return (
    <form
      className="card grid gap-4 p-4"
      onSubmit={(event) => {
        event.preventDefault();
        void making.run();
      }}
    >
      <SourceFields value={choice} onChange={(change) => setChoice({ ...choice, ...change })} error={about} />
      <TextField
        label={welcome.name}
        hint={welcome.nameHint}
        value={name}
        onChange={(event) => setTyped(event.target.value)}
        error={making.about("name")}
        maxLength={100}
        required
      />
      <FormError>{making.general("name", "secret", "source_config", "sourceConfig")}</FormError>
      <div>
        <Button type="submit" tone="primary" isBusy={making.isBusy} refusal={refusal}>
          {welcome.create}
        </Button>
      </div>
    </form>
  );
}
