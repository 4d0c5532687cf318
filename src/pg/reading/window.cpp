#include "pg/reading/window.hpp"

#include "pg/backend/kept_plan.hpp"
#include "pg/backend/owner.hpp"
#include "pg/reading/readable.hpp"

namespace leadscore::pg {

namespace {

struct WindowQuery {
    char *query; // null where there is nothing to read
    NullableDatum since;
    char *view;
};

WindowQuery query_of(const Parameter *arguments) {
    constexpr const char *select =
        "SELECT q.query, q.since, q.view_name FROM leadscore_internal.window_queries($1, $2, $3, $4, $5, $6, $7) AS q";
    WindowQuery query{};
    as_extension_owner([&] {
        kept_query_row(select, arguments, 7, [&](const ResultRow &row) {
            query = {row.string(1), row.copy(2), row.string(3)};
        });
    });
    return query;
}

} // namespace

void read_window(const Parameter *arguments, Tuplestorestate *result, TupleDesc columns) {
    const WindowQuery query = query_of(arguments);
    if (query.query == nullptr)
        return;
    hold_view(query.view);
    const Parameter parameters[] = {{TIMESTAMPTZOID, query.since}, arguments[6], arguments[4]};
    DestReceiver *receiver = CreateDestReceiver(DestTuplestore);
    SetTuplestoreDestReceiverParams(receiver, result, CurrentMemoryContext, false, columns,
                                    "the key of the entity is of another type");
    in_safe_path([&] {
        SPI_connect();
        if (execute_kept(query.query, parameters, 3, receiver) != SPI_OK_SELECT)
            elog(ERROR, "reading a window failed");
        SPI_finish();
    });
    receiver->rDestroy(receiver);
}

} // namespace leadscore::pg
