/** The second factor: on or off, set up, turned off. */
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { secondFactorQuery } from "@/api/calls";
import { accountQuery } from "@/api/queries";
import { Button } from "@/components/Button";
import { Panel } from "@/components/Page";
import { Loaded, Skeleton } from "@/components/States";
import { Standing } from "@/components/Status";
import { settings } from "@/texts/settings";
import { EndFactor } from "./EndFactor";
import { SetUpFactor } from "./SetUpFactor";

const words = settings.factor;
const FEW = 3;

export function SecondFactor() {
  const query = useQuery(secondFactorQuery);
  const isVerified = useQuery(accountQuery).data?.user?.emailVerified;
  const [opened, setOpened] = useState<"on" | "off" | null>(null);
  return (
    <Panel title={words.title} lead={words.lead}>
      <Loaded query={query} skeleton={<Skeleton lines={1} />}>
        {(factor) => (
          <div className="flex flex-wrap items-center justify-between gap-3">
            <div>
              <Standing is={factor.isOn ? "good" : "off"}>{factor.isOn ? words.on : words.off}</Standing>
              {factor.isOn && (
                <p className="text-sm text-muted">
                  {words.left(factor.recoveryCodesLeft)}
                  {factor.recoveryCodesLeft <= FEW && <span className="text-warn"> · {words.fewLeft}</span>}
                </p>
              )}
            </div>
            {factor.isOn ? (
              <Button onClick={() => setOpened("off")}>{words.turnOff}</Button>
            ) : (
              <Button refusal={isVerified ? undefined : words.verifyFirst} onClick={() => setOpened("on")}>
                {words.turnOn}
              </Button>
            )}
          </div>
        )}
      </Loaded>
      {opened === "on" && <SetUpFactor onClose={() => setOpened(null)} />}
      {opened === "off" && <EndFactor onClose={() => setOpened(null)} />}
    </Panel>
  );
}
