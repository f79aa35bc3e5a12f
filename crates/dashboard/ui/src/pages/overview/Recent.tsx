/** The latest events, live. */
import { useInfiniteQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { Activity } from "lucide-react";
import { eventsQuery } from "@/api/queries";
import { buttonClass } from "@/components/Button";
import { Panel } from "@/components/Page";
import { Empty } from "@/components/States";
import { Table } from "@/components/Table";
import { events } from "@/texts/events";
import { overview } from "@/texts/overview";
import { columnsOf, EventCard } from "../events/columns";

const SHOWN = 8;
const NO_SELECTION = { isSelected: () => false, toggle: () => {}, all: false, toggleAll: () => {} };
const COLUMNS = columnsOf(NO_SELECTION).filter((it) => !["select", "attempts", "latency"].includes(it.id));

export function Recent() {
  const query = useInfiniteQuery(eventsQuery({}));
  const rows = query.data?.pages[0]?.events.slice(0, SHOWN) ?? [];
  return (
    <Panel
      title={overview.recent}
      isFlush
      actions={
        <Link to="/events" search={{}} className={buttonClass("quiet", "sm")}>
          {overview.all}
        </Link>
      }
    >
      <Table
        label={overview.recent}
        columns={COLUMNS}
        rows={rows}
        keyOf={(event) => event.id}
        query={query}
        card={(event) => <EventCard event={event} />}
        empty={
          <Empty icon={Activity} title={events.emptyTitle}>
            <p>{events.empty}</p>
          </Empty>
        }
      />
    </Panel>
  );
}
