#include "pg/folded_component.hpp"

#include "pg/kept_plan.hpp"

namespace leadscore::pg {

FoldedComponent read_component(int number) {
    constexpr const char *select = R"(
        SELECT c.pending::pg_catalog.oid, c.states::pg_catalog.oid, c.decay, c.least_rank,
               e.key_type::pg_catalog.oid
        FROM leadscore_internal.component AS c
        JOIN leadscore_internal.entity AS e ON e.id OPERATOR(pg_catalog.=) c.entity
        WHERE c.id OPERATOR(pg_catalog.=) $1)";
    MemoryContext context = CurrentMemoryContext;
    const Parameter parameter{INT4OID, {Int32GetDatum(number), false}};
    FoldedComponent component{};
    component.component = number;
    SPI_connect();
    if (execute_kept(select, &parameter, 1) != SPI_OK_SELECT || SPI_processed != 1)
        elog(ERROR, "component %d does not exist", number);
    HeapTuple row = SPI_tuptable->vals[0];
    TupleDesc columns = SPI_tuptable->tupdesc;
    bool is_null = false;
    component.pending = DatumGetObjectId(SPI_getbinval(row, columns, 1, &is_null));
    component.states = DatumGetObjectId(SPI_getbinval(row, columns, 2, &is_null));
    component.least_rank = DatumGetInt32(SPI_getbinval(row, columns, 4, &is_null));
    component.key_type = DatumGetObjectId(SPI_getbinval(row, columns, 5, &is_null));
    MemoryContext spi_context = MemoryContextSwitchTo(context);
    component.decay = PointerGetDatum(PG_DETOAST_DATUM_COPY(SPI_getbinval(row, columns, 3, &is_null)));
    MemoryContextSwitchTo(spi_context);
    SPI_finish();
    return component;
}

} // namespace leadscore::pg
