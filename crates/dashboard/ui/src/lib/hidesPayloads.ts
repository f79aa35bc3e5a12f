/** Whether payloads stay closed until the reader asks for one. */
import { remembered } from "./store";

export const hidesPayloads = remembered("hides-payloads", false);
