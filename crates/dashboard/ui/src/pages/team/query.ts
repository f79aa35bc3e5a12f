/** The team. */
import { queryOptions } from "@tanstack/react-query";
import { ask, client } from "@/api/client";

export const teamQuery = queryOptions({
  queryKey: ["team"],
  queryFn: ({ signal }) => ask(client.GET("/api/v1/team", { signal })),
});
