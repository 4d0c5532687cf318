#pragma once

#include "pg/query.hpp"

namespace leadscore::pg {

// Queries that read, of which the session keeps the plans: for those that are short and come again and again. Within
// SPI_connect() and SPI_finish(). Returns what SPI returns; the rows go to the receiver, or to SPI's table.
int execute_kept(const char *query, const Parameter *parameters, int parameter_count, DestReceiver *receiver = nullptr);

} // namespace leadscore::pg
