/** Accounts at an OpenID Connect issuer that let the reader in. */
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { type Identity, identitiesQuery, removeIdentity } from "@/api/calls";
import { loginOptionsQuery } from "@/api/queries";
import { Button } from "@/components/Button";
import { Confirm } from "@/components/Dialog";
import { Panel } from "@/components/Page";
import { Plain } from "@/components/Plain";
import { Time } from "@/components/Time";
import { toast } from "@/components/toasts";
import { settings } from "@/texts/settings";
import { LinkIdentity } from "./LinkIdentity";

const words = settings.identities;

/** Nothing is shown where there is no issuer and none was ever used. */
export function Identities() {
  const queries = useQueryClient();
  const known = useQuery(identitiesQuery).data;
  const oidc = useQuery(loginOptionsQuery).data?.oidc;
  const [removing, setRemoving] = useState<Identity | null>(null);
  if (!known || (known.identities.length === 0 && !oidc)) return null;
  const isOnlyWay = !known.hasPassword && known.identities.length === 1;
  return (
    <Panel
      title={words.title}
      lead={words.lead}
      isFlush
      actions={oidc && <LinkIdentity name={oidc.name} hasPassword={known.hasPassword} />}
    >
      {known.identities.length === 0 && <p className="p-4 text-muted">{words.none}</p>}
      <ul className="divide-y divide-line">
        {known.identities.map((it) => (
          <li key={it.id} className="flex flex-wrap items-center justify-between gap-x-4 gap-y-1 px-4 py-2.5">
            <div className="min-w-0">
              <Plain className="font-medium break-all">{it.email ?? it.issuer}</Plain>
              <p className="text-sm text-muted">
                <Plain>{it.issuer}</Plain>
                {" · "}
                <Time at={it.createdAt} />
              </p>
            </div>
            <Button
              size="sm"
              refusal={isOnlyWay ? words.needsPassword : undefined}
              onClick={() => setRemoving(it)}
              aria-label={`${words.remove}: ${it.email ?? it.issuer}`}
            >
              {words.remove}
            </Button>
          </li>
        ))}
      </ul>
      {removing && (
        <Confirm
          title={words.removeTitle}
          action={words.remove}
          isDanger
          isOpen
          onClose={() => setRemoving(null)}
          onConfirm={async () => {
            await removeIdentity(removing.id);
            toast({ tone: "good", text: words.removed });
            await queries.invalidateQueries({ queryKey: ["identities"] });
          }}
        >
          {words.removeText}
        </Confirm>
      )}
    </Panel>
  );
}
