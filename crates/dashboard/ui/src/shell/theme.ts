/** Which theme the reader chose. `theme.js` draws by it before the modules run. */
import { store } from "@/lib/store";

export type Theme = "system" | "light" | "dark";

const NAME = "anyhook.theme";

function read(): Theme {
  try {
    const kept = localStorage.getItem(NAME);
    return kept === "light" || kept === "dark" ? kept : "system";
  } catch {
    return "system";
  }
}

export const theme = store<Theme>(read());

export function choose(chosen: Theme): void {
  theme.set(chosen);
  try {
    if (chosen === "system") localStorage.removeItem(NAME);
    else localStorage.setItem(NAME, chosen);
  } catch {
    document.documentElement.dataset["theme"] = chosen;
    return;
  }
  dispatchEvent(new Event("anyhook:theme"));
}
