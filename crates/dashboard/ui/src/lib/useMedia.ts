/** Whether a media query holds. */
import { useSyncExternalStore } from "react";

function watch(query: string) {
  let asked: MediaQueryList | undefined;
  const media = () => {
    asked ??= matchMedia(query);
    return asked;
  };
  const subscribe = (listener: () => void) => {
    media().addEventListener("change", listener);
    return () => media().removeEventListener("change", listener);
  };
  return () => useSyncExternalStore(subscribe, () => media().matches);
}

export const usePhone = watch("(max-width: 47.99rem)");
