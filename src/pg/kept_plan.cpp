#include "pg/kept_plan.hpp"

namespace leadscore::pg {

namespace {

constexpr long most_plans = 200;

struct KeptPlan {
    uint64 hash; // of the text and the types
    char *query;
    SPIPlanPtr plan;
};

HTAB *plans = nullptr;

// How many of them are being executed, one from within the other. An error leaves the count behind, which then is that
// of a transaction that is over.
int depth = 0;
TimestampTz depth_of = 0;

void enter() {
    if (depth_of != GetCurrentTransactionStartTimestamp())
        depth = 0;
    depth_of = GetCurrentTransactionStartTimestamp();
    depth++;
}

void forget_plans() {
    HASH_SEQ_STATUS entries;
    hash_seq_init(&entries, plans);
    while (auto *entry = static_cast<KeptPlan *>(hash_seq_search(&entries))) {
        SPI_freeplan(entry->plan);
        pfree(entry->query);
    }
    hash_destroy(plans);
    plans = nullptr;
}

uint64 hash_of(const char *query, const Oid *types, int count) {
    return hash_combine64(
        hash_bytes_extended(reinterpret_cast<const unsigned char *>(query), static_cast<int>(strlen(query)), 0),
        hash_bytes_extended(reinterpret_cast<const unsigned char *>(types), static_cast<int>(sizeof(Oid)) * count, 0));
}

SPIPlanPtr prepare(const char *query, Oid *types, int count) {
    SPIPlanPtr plan = SPI_prepare(query, count, types);
    if (plan == nullptr)
        elog(ERROR, "preparing a query failed: %s", SPI_result_code_string(SPI_result));
    return plan;
}

SPIPlanPtr plan_of(const char *query, Oid *types, int count) {
    if (plans != nullptr && hash_get_num_entries(plans) >= most_plans && depth == 0)
        forget_plans();
    if (plans == nullptr) {
        HASHCTL settings{};
        settings.keysize = sizeof(uint64);
        settings.entrysize = sizeof(KeptPlan);
        plans = hash_create("pg_leadscore plans", 64, &settings, HASH_ELEM | HASH_BLOBS);
    }
    const uint64 hash = hash_of(query, types, count);
    auto *entry = static_cast<KeptPlan *>(hash_search(plans, &hash, HASH_FIND, nullptr));
    if (entry != nullptr && strcmp(entry->query, query) == 0)
        return entry->plan;
    SPIPlanPtr plan = prepare(query, types, count);
    // Another text of the same hash keeps its place; so does everything while nothing can be let go.
    if (entry != nullptr || hash_get_num_entries(plans) >= most_plans)
        return plan;
    char *text = MemoryContextStrdup(TopMemoryContext, query);
    SPI_keepplan(plan);
    entry = static_cast<KeptPlan *>(hash_search(plans, &hash, HASH_ENTER, nullptr));
    entry->query = text;
    entry->plan = plan;
    return plan;
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
    enter();
    const int code = SPI_execute_plan_extended(plan, &options);
    depth--;
    return code;
}

} // namespace leadscore::pg
