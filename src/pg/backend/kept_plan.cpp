#include "pg/backend/kept_plan.hpp"

#include "pg/backend/kept.hpp"

namespace leadscore::pg {

namespace {

struct KeptPlan : Kept {
    char *query;
    SPIPlanPtr plan;
};

void free_plan(Kept *kept) { SPI_freeplan(static_cast<KeptPlan *>(kept)->plan); }

SPIPlanPtr prepare(const char *query, Oid *types, int count) {
    SPIPlanPtr plan = SPI_prepare(query, count, types);
    if (plan == nullptr)
        elog(ERROR, "preparing a query failed: %s", SPI_result_code_string(SPI_result));
    return plan;
}

// By a hash of the text and the types.
KeptKey key_of(const char *query, const Oid *types, int count) {
    const uint64 hash = hash_combine64(
        hash_bytes_extended(reinterpret_cast<const unsigned char *>(query), static_cast<int>(strlen(query)), 0),
        hash_bytes_extended(reinterpret_cast<const unsigned char *>(types), static_cast<int>(sizeof(Oid)) * count, 0));
    return KeptKey{KeptKind::plan, static_cast<int32>(hash >> 32), static_cast<Oid>(hash)};
}

SPIPlanPtr plan_of(const char *query, Oid *types, int count) {
    auto *kept = acquire_kept<KeptPlan>(key_of(query, types, count), [&](MemoryContext context) {
        auto *made = static_cast<KeptPlan *>(MemoryContextAllocZero(context, sizeof(KeptPlan)));
        made->query = MemoryContextStrdup(context, query);
        made->plan = prepare(query, types, count);
        made->let_go = free_plan;
        SPI_keepplan(made->plan);
        return made;
    });
    // Another text of the same hash keeps its place.
    return strcmp(kept->query, query) == 0 ? kept->plan : prepare(query, types, count);
}

} // namespace

int execute_kept(const char *query, const Parameter *parameters, int parameter_count, DestReceiver *receiver) {
    auto *types = static_cast<Oid *>(palloc(sizeof(Oid) * static_cast<Size>(Max(parameter_count, 1))));
    for (int i = 0; i < parameter_count; i++)
        types[i] = parameters[i].type;
    SPIPlanPtr plan = plan_of(query, types, parameter_count);
    SPIExecuteOptions options{};
    options.params = parameter_list(parameters, parameter_count);
    options.read_only = true;
    options.must_return_tuples = true;
    options.dest = receiver;
    return SPI_execute_plan_extended(plan, &options);
}

NullableDatum kept_query_value(const char *query, const Parameter *parameters, int parameter_count) {
    NullableDatum value{0, true};
    kept_query_row(query, parameters, parameter_count, [&](const ResultRow &row) { value = row.copy(1); });
    return value;
}

} // namespace leadscore::pg
