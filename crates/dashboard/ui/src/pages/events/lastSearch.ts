/** How the log was filtered when it was last looked at: the way back leads there. */
import type { EventSearch } from "@/lib/filters";
import { store } from "@/lib/store";

export const lastSearch = store<EventSearch>({});
