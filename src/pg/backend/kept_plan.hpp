#pragma once

#include "pg/backend/query.hpp"
#include "pg/backend/result_row.hpp"

namespace leadscore::pg {

// Queries that read, of which the session keeps the plans: for those that are short and come again and again. Within
// SPI_connect() and SPI_finish(). Returns what SPI returns; the rows go to the receiver, or to SPI's table.
int execute_kept(const char *query, const Parameter *parameters, int parameter_count, DestReceiver *receiver = nullptr);

// Calls visit(row) for each row of such a query, in the memory context that is current. Errors jump past what it refers
// to. Returns how many there were.
template <typename Visit>
uint64 each_kept_row(const char *query, const Parameter *parameters, int parameter_count, Visit visit) {
    MemoryContext context = CurrentMemoryContext;
    SPI_connect();
    const int code = execute_kept(query, parameters, parameter_count);
    if (code != SPI_OK_SELECT)
        elog(ERROR, "a query failed: %s", SPI_result_code_string(code));
    const uint64 count = SPI_processed;
    MemoryContext spi_context = MemoryContextSwitchTo(context);
    each_result_row(visit);
    MemoryContextSwitchTo(spi_context);
    SPI_finish();
    return count;
}

// The same for the only row.
template <typename Read>
void kept_query_row(const char *query, const Parameter *parameters, int parameter_count, Read read) {
    if (each_kept_row(query, parameters, parameter_count, read) != 1)
        elog(ERROR, "a query did not give one row");
}

// The only column of the only row of such a query, copied to the memory context that is current.
NullableDatum kept_query_value(const char *query, const Parameter *parameters, int parameter_count);

} // namespace leadscore::pg
