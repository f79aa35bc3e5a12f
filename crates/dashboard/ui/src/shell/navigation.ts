/** Where one can go. */
import {
  Activity,
  Anchor,
  Ban,
  Blocks,
  ChartColumn,
  House,
  KeyRound,
  type LucideIcon,
  ScrollText,
  Settings,
  ShieldCheck,
  Users,
} from "lucide-react";
import { shell } from "@/texts/shell";

export interface Place {
  to: string;
  label: string;
  icon: LucideIcon;
  /** After `g`. */
  key?: string;
}

export const MAIN: Place[] = [
  { to: "/", label: shell.overview, icon: House, key: "o" },
  { to: "/events", label: shell.events, icon: Activity, key: "e" },
  { to: "/apps", label: shell.apps, icon: Blocks, key: "a" },
  { to: "/rejected", label: shell.rejected, icon: Ban, key: "x" },
];

export const WORKSPACE: Place[] = [
  { to: "/usage", label: shell.usage, icon: ChartColumn, key: "u" },
  { to: "/team", label: shell.team, icon: Users, key: "t" },
  { to: "/api-keys", label: shell.apiKeys, icon: KeyRound, key: "k" },
  { to: "/audit", label: shell.audit, icon: ScrollText, key: "l" },
  { to: "/anchors", label: shell.anchors, icon: Anchor },
  { to: "/settings", label: shell.settings, icon: Settings, key: "s" },
];

export const OPERATOR: Place[] = [{ to: "/operator", label: shell.operator, icon: ShieldCheck }];
