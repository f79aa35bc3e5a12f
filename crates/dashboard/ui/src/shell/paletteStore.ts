/** What is open over the page: the command palette, the list of keys. */
import { store } from "@/lib/store";

export const isPaletteOpen = store(false);
export const openPalette = (): void => isPaletteOpen.set(true);
export const areKeysShown = store(false);
