#pragma once

#include "pg/backend/postgres.hpp"

namespace leadscore::pg {

// Generated SQL that gives rows, with parameters that may be null.

struct Parameter {
    Oid type;
    NullableDatum value;
};

inline Parameter int4_parameter(int32 value) { return {INT4OID, {Int32GetDatum(value), false}}; }
inline Parameter bool_parameter(bool value) { return {BOOLOID, {BoolGetDatum(value), false}}; }
inline Parameter timestamp_parameter(TimestampTz value) {
    return {TIMESTAMPTZOID, {TimestampTzGetDatum(value), false}};
}

ParamListInfo parameter_list(const Parameter *parameters, int count);

// Runs a query; its rows go to the receiver.
void run_query(const char *query, const Parameter *parameters, int parameter_count, DestReceiver *receiver);

// Runs a query into the caller's result, whose columns it must have.
void run_into(const char *query, const Parameter *parameters, int parameter_count, Tuplestorestate *result,
              TupleDesc columns);

// The only column of the only row, copied to the memory context that is current.
NullableDatum query_value(const char *query, const Parameter *parameters, int parameter_count);

} // namespace leadscore::pg
