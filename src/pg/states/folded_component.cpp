#include "pg/states/folded_component.hpp"

#include "pg/backend/kept_plan.hpp"

namespace leadscore::pg {

FoldedComponent read_component(int number) {
    constexpr const char *select = R"(
        SELECT c.pending::pg_catalog.oid, c.states::pg_catalog.oid, c.decay, c.least_rank,
               e.key_type::pg_catalog.oid
        FROM leadscore_internal.component AS c
        JOIN leadscore_internal.entity AS e ON e.id OPERATOR(pg_catalog.=) c.entity
        WHERE c.id OPERATOR(pg_catalog.=) $1)";
    const Parameter parameter = int4_parameter(number);
    FoldedComponent component{};
    auto read = [&](const ResultRow &row) {
        component.component = number;
        component.pending = row.oid(1);
        component.states = row.oid(2);
        component.decay = PointerGetDatum(PG_DETOAST_DATUM_COPY(row.value(3).value));
        component.least_rank = row.integer(4);
        component.key_type = row.oid(5);
    };
    if (each_kept_row(select, &parameter, 1, read) == 0)
        elog(ERROR, "component %d does not exist", number);
    return component;
}

} // namespace leadscore::pg
