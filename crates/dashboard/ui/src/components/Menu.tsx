/** A button's menu. */
import { Check, type LucideIcon } from "lucide-react";
import { DropdownMenu as Radix } from "radix-ui";
import type { ReactElement, ReactNode } from "react";
import { cx } from "@/lib/cx";

interface Props {
  trigger: ReactElement;
  children: ReactNode;
  align?: "start" | "end";
  side?: "top" | "bottom";
  /** When it has closed; true where the focus goes elsewhere than to the button. */
  onClosed?(): boolean;
}

export function Menu({ trigger, children, align = "end", side = "bottom", onClosed }: Props) {
  return (
    // Modal menus write style elements, which the policy forbids.
    <Radix.Root modal={false}>
      <Radix.Trigger asChild>{trigger}</Radix.Trigger>
      <Radix.Portal>
        <Radix.Content
          align={align}
          side={side}
          sideOffset={5}
          collisionPadding={8}
          onCloseAutoFocus={(event) => onClosed?.() && event.preventDefault()}
          className="floats z-50 max-h-[70vh] min-w-48 max-w-80 overflow-y-auto rounded-lg border border-line bg-raised p-1 shadow-float"
        >
          {children}
        </Radix.Content>
      </Radix.Portal>
    </Radix.Root>
  );
}

interface ItemProps {
  icon?: LucideIcon;
  onSelect(): void;
  children: ReactNode;
  isDanger?: boolean;
  isChosen?: boolean;
  refusal?: string | undefined;
  aside?: ReactNode;
}

export function MenuItem({ icon: Icon, onSelect, children, isDanger, isChosen, refusal, aside }: ItemProps) {
  return (
    <Radix.Item
      disabled={Boolean(refusal)}
      onSelect={onSelect}
      className={cx(
        "flex min-h-8 cursor-default items-center gap-2.5 rounded-md px-2 py-1 outline-none data-[highlighted]:bg-hover",
        isDanger && "text-bad",
        "data-[disabled]:text-faint",
      )}
    >
      {Icon && <Icon size={15} className="shrink-0 opacity-75" aria-hidden />}
      <span className="min-w-0 flex-1">
        {children}
        {refusal && <span className="block text-xs">{refusal}</span>}
      </span>
      {aside}
      {isChosen && <Check size={15} aria-hidden />}
      {isChosen && <span className="sr-only">✓</span>}
    </Radix.Item>
  );
}

export const MenuLabel = ({ children }: { children: ReactNode }) => (
  <Radix.Label className="px-2 pt-1.5 pb-1 text-xs text-faint">{children}</Radix.Label>
);

export const MenuLine = () => <Radix.Separator className="my-1 h-px bg-line" />;
