#pragma once

#include "pg/query.hpp"

namespace leadscore::pg {

// Queries that read, of which the session keeps the plans: for those that are short and come again and again. Within
// SPI_connect() and SPI_finish(). Returns what SPI returns; the rows go to the receiver, or to SPI's table.
int execute_kept(const char *query, const Parameter *parameters, int parameter_count, DestReceiver *receiver = nullptr);

// The only column of the only row of such a query, copied to the memory context that is current.
NullableDatum kept_query_value(const char *query, const Parameter *parameters, int parameter_count);

} // namespace leadscore::pg
