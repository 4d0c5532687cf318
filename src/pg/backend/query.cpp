#include "pg/backend/query.hpp"

#include "pg/backend/result_row.hpp"

namespace leadscore::pg {

ParamListInfo parameter_list(const Parameter *parameters, int count) {
    ParamListInfo list = makeParamList(count);
    for (int i = 0; i < count; i++)
        list->params[i] = ParamExternData{parameters[i].value.value, parameters[i].value.isnull, PARAM_FLAG_CONST,
                                          parameters[i].type};
    return list;
}

void run_query(const char *query, const Parameter *parameters, int parameter_count, DestReceiver *receiver) {
    SPIExecuteOptions options{};
    options.params = parameter_list(parameters, parameter_count);
    SPI_connect();
    options.read_only = true;
    options.must_return_tuples = true;
    options.dest = receiver;
    int code = SPI_execute_extended(query, &options);
    if (code != SPI_OK_SELECT)
        elog(ERROR, "reading the CRM's rows failed: %s", SPI_result_code_string(code));
    SPI_finish();
}

void run_into(const char *query, const Parameter *parameters, int parameter_count, Tuplestorestate *result,
              TupleDesc columns) {
    DestReceiver *receiver = CreateDestReceiver(DestTuplestore);
    SetTuplestoreDestReceiverParams(receiver, result, CurrentMemoryContext, false, columns,
                                    "the published rules do not give the key's type any more");
    run_query(query, parameters, parameter_count, receiver);
    receiver->rDestroy(receiver);
}

NullableDatum query_value(const char *query, const Parameter *parameters, int parameter_count) {
    MemoryContext context = CurrentMemoryContext;
    SPIExecuteOptions options{};
    options.params = parameter_list(parameters, parameter_count);
    SPI_connect();
    options.read_only = true;
    options.must_return_tuples = true;
    int code = SPI_execute_extended(query, &options);
    if (code != SPI_OK_SELECT || SPI_processed != 1)
        elog(ERROR, "a query did not give one row: %s", SPI_result_code_string(code));
    MemoryContext spi_context = MemoryContextSwitchTo(context);
    const NullableDatum value = ResultRow(0).copy(1);
    MemoryContextSwitchTo(spi_context);
    SPI_finish();
    return value;
}

} // namespace leadscore::pg
