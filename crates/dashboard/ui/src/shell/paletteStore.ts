/** Whether the command palette is open. */
import { store } from "@/lib/store";

export const isPaletteOpen = store(false);
export const openPalette = (): void => isPaletteOpen.set(true);
