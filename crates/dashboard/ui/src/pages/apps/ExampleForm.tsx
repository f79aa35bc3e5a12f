/** A request as the provider would sign it, as a command to be run elsewhere. */
import { useQuery } from "@tanstack/react-query";
import { FlaskConical } from "lucide-react";
import { useState } from "react";
import { ask, client, type Schemas } from "@/api/client";
import { type App, sourcesQuery } from "@/api/queries";
import { Button } from "@/components/Button";
import { CopyField } from "@/components/Copy";
import { FormError, TextField } from "@/components/Field";
import { AUTO } from "@/components/SourcePicker";
import { useAction } from "@/lib/useAction";
import { app as texts } from "@/texts/app";

export type Example = Schemas["Example"];
const words = texts.test;

interface Props {
  app: Pick<App, "slug" | "source" | "hasSecret">;
  /** The provider's secret, where the reader has typed it just now; otherwise it is asked for. */
  secret?: string | undefined;
  onMade?(example: Example): void;
}

export function ExampleForm({ app, secret: known = "", onMade }: Props) {
  const [typed, setTyped] = useState("");
  const [example, setExample] = useState<Example>();
  const [isInvented, setInvented] = useState(false);
  // Of several secrets, the first signs.
  const secret = (known || typed).trim().split("\n")[0]?.trim() ?? "";
  const making = useAction(async () => {
    // What has no source yet recognises anybody's: a provider that many know.
    const provider = app.source === AUTO && { provider: "replicate" };
    const body = { app: app.slug, ...provider, ...(secret && { secret }) };
    const made = await ask(client.POST("/api/v1/tools/mock", { body }));
    setExample(made);
    setInvented(app.hasSecret && secret === "");
    onMade?.(made);
  });
  const source = useQuery(sourcesQuery).data?.sources.find((it) => it.slug === app.source);
  const warningOf = ({ resources, provider }: Example) => {
    if (Object.keys(resources ?? {}).length > 0) return words.onlyTheirs(source?.name ?? provider);
    return isInvented ? words.invented : undefined;
  };
  return (
    <form
      className="grid gap-4"
      onSubmit={(event) => {
        event.preventDefault();
        void making.run();
      }}
    >
      {app.hasSecret && !known && (
        <TextField
          label={words.secret}
          hint={words.secretHint}
          placeholder={source?.secretName ?? undefined}
          isOptional
          isMono
          autoComplete="off"
          spellCheck={false}
          value={typed}
          onChange={(event) => setTyped(event.target.value)}
          error={making.about("secret")}
        />
      )}
      <FormError>{making.general("secret") ?? (known && making.about("secret"))}</FormError>
      <div>
        <Button type="submit" icon={FlaskConical} isBusy={making.isBusy}>
          {example ? words.again : words.make}
        </Button>
      </div>
      {example && <Sending example={example} warning={warningOf(example)} />}
    </form>
  );
}

const Sending = ({ example, warning }: { example: Example; warning: string | undefined }) => (
  <div className="grid gap-3">
    {warning && <p className="text-sm text-pretty text-warn">{warning}</p>}
    <div className="grid gap-1.5">
      <h3 className="text-sm font-medium">{words.command}</h3>
      <CopyField value={example.curl} label={words.commandLabel} isWrapped />
    </div>
  </div>
);
