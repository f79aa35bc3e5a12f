/** Pages for what is not there, and for what has broken. */
import { Link } from "@tanstack/react-router";
import { Compass, RotateCw } from "lucide-react";
import { isNotFound } from "@/api/errors";
import { common } from "@/texts/common";
import { Button, buttonClass } from "./Button";
import { usePageTitle } from "./Page";
import { Empty, Failure } from "./States";

export function NotFound({ title = common.notFoundTitle, text = common.notFound }: { title?: string; text?: string }) {
  usePageTitle(title);
  const home = (
    <Link to="/" className={buttonClass("primary")}>
      {common.toOverview}
    </Link>
  );
  return (
    <Empty isPage icon={Compass} title={title} action={home} className="min-h-[60vh] content-center">
      <p>{text}</p>
    </Empty>
  );
}

/** A chunk of an older build is gone once a new version runs. */
const isOutdated = (error: unknown): boolean =>
  error instanceof TypeError && /dynamically imported module|importing a module/i.test(error.message);

export function Broken({ error, reset }: { error: unknown; reset?: () => void }) {
  if (isNotFound(error)) return <NotFound />;
  const reload = (
    <Button tone="primary" icon={RotateCw} onClick={() => location.reload()}>
      {common.reload}
    </Button>
  );
  if (isOutdated(error)) {
    return (
      <Empty isPage icon={RotateCw} title={common.newVersion} action={reload} className="min-h-[60vh] content-center" />
    );
  }
  if (reset && error instanceof Error && error.name === "ApiError") return <Failure error={error} onRetry={reset} />;
  return (
    <Empty isPage icon={RotateCw} title={common.brokenTitle} action={reload} className="min-h-[60vh] content-center">
      <p>{common.broken}</p>
    </Empty>
  );
}
