/** Starts the pages. */
import "./app.css";
import { QueryClientProvider } from "@tanstack/react-query";
import { RouterProvider } from "@tanstack/react-router";
import { StrictMode } from "react";
import { createRoot } from "react-dom/client";
import { queryClient } from "./api/queryClient";
import { TipProvider } from "./components/Tip";
import { Toasts } from "./components/Toasts";
import { router } from "./router";

const place = document.getElementById("root");
if (!place) throw new Error("index.html has an element with the id root");

createRoot(place).render(
  <StrictMode>
    <QueryClientProvider client={queryClient}>
      <TipProvider>
        <RouterProvider router={router} />
        <Toasts />
      </TipProvider>
    </QueryClientProvider>
  </StrictMode>,
);
