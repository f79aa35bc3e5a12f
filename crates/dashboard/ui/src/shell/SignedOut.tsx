/** The frame around the pages for those who are not signed in. */
import { Link, Outlet } from "@tanstack/react-router";
import { Suspense } from "react";
import { Skeleton } from "@/components/States";
import { common } from "@/texts/common";

export const SignedOut = () => (
  <div className="flex min-h-dvh flex-col px-4 py-6">
    <header className="mx-auto flex w-full max-w-5xl items-center">
      <Link to="/" className="flex items-center gap-2.5 font-semibold no-underline">
        <img src="/icon.svg" alt="" width={26} height={26} />
        {common.product}
      </Link>
    </header>
    <main id="content" className="mx-auto grid w-full max-w-sm flex-1 content-center py-10">
      <Suspense fallback={<Skeleton />}>
        <Outlet />
      </Suspense>
    </main>
  </div>
);
