#include "pg/fold.hpp"

#include "core/rank.hpp"
#include "core/state.hpp"
#include "pg/appender.hpp"
#include "pg/clock.hpp"
#include "pg/kept_plan.hpp"
#include "pg/owner.hpp"
#include "pg/pending_scan.hpp"
#include "pg/state_table.hpp"
#include "pg/subtransaction.hpp"
#include "pg/time_datum.hpp"
#include "pg/type_datum.hpp"

namespace leadscore::pg {

namespace {

struct FoldedComponent : Component {
    Oid states;
    Datum decay;
    int32 least_rank;
};

FoldedComponent read_component(int number) {
    constexpr const char *select = R"(
        SELECT c.pending::pg_catalog.oid, c.states::pg_catalog.oid, c.decay, c.least_rank
        FROM leadscore_internal.component AS c WHERE c.id OPERATOR(pg_catalog.=) $1)";
    MemoryContext context = CurrentMemoryContext;
    Oid types[] = {INT4OID};
    Datum values[] = {Int32GetDatum(number)};
    FoldedComponent component{};
    component.component = number;
    SPI_connect();
    if (SPI_execute_with_args(select, 1, types, values, nullptr, true, 0) != SPI_OK_SELECT || SPI_processed != 1)
        elog(ERROR, "component %d does not exist", number);
    HeapTuple row = SPI_tuptable->vals[0];
    TupleDesc columns = SPI_tuptable->tupdesc;
    bool is_null = false;
    component.pending = DatumGetObjectId(SPI_getbinval(row, columns, 1, &is_null));
    component.states = DatumGetObjectId(SPI_getbinval(row, columns, 2, &is_null));
    component.least_rank = DatumGetInt32(SPI_getbinval(row, columns, 4, &is_null));
    MemoryContext spi_context = MemoryContextSwitchTo(context);
    component.decay = PointerGetDatum(PG_DETOAST_DATUM_COPY(SPI_getbinval(row, columns, 3, &is_null)));
    MemoryContextSwitchTo(spi_context);
    SPI_finish();
    return component;
}

// Of an entity that no mark and no boundary takes to the rows.
bool can_be_folded(const PendingGroup &group, const core::State &state, TimestampTz now) {
    return !group.marked && group.count > 0 && state.next_change_at > now;
}

void fold_group(const FoldedComponent &component, const PendingGroup &group, const core::State &before, TimestampTz now,
                StateTable *states, Appender *marks) {
    struct Folded {
        core::Merged merged;
        std::optional<std::int32_t> rank;
    };
    const Folded folded = guarded([&] {
        const core::Decay decay = decay_of(component.decay);
        const core::Merged merged = core::merge(decay, before, {group.changes, static_cast<std::size_t>(group.count)},
                                                instant_of(now, "instant"));
        std::optional<std::int32_t> rank = core::rank_of(decay, merged.state);
        if (rank.has_value() && *rank < component.least_rank)
            rank.reset();
        return Folded{merged, rank};
    });
    if (folded.merged.recompute)
        marks->add_settled_mark(component, group.key);
    else
        states->store(group.key, folded.merged.state, folded.rank);
}

int64 fold_groups(const FoldedComponent &component, int64 at_most, Snapshot snapshot) {
    const TimestampTz now = folding_instant();
    int64 folded = 0;
    PendingScan pending(component, snapshot);
    if (!pending.is_all_marked()) {
        StateTable states(component.states, snapshot);
        Appender marks(component.pending, 1);
        PendingGroup group = make_pending_group();
        pending.start();
        while (folded < at_most && pending.next(&group)) {
            CHECK_FOR_INTERRUPTS();
            const core::State before = states.find(group.key);
            if (!can_be_folded(group, before, now))
                continue;
            fold_group(component, group, before, now, &states, &marks);
            pending.remove(group);
            folded += group.count;
        }
        marks.close();
        states.close();
    }
    pending.close();
    return folded;
}

// False where tick sees to it. What fails here is not the writer's fault.
bool fold_batch(const Component &component, int at_most) {
    const Parameter parameters[] = {{INT4OID, {Int32GetDatum(component.component), false}},
                                    {INT4OID, {Int32GetDatum(at_most), false}}};
    MemoryContext context = CurrentMemoryContext;
    bool ours = true;
    CaughtError error;
    auto fold = [&] {
        as_extension_owner([&] {
            SPI_connect();
            if (execute_kept("SELECT leadscore_internal.fold_some($1, $2)", parameters, 2) != SPI_OK_SELECT)
                elog(ERROR, "the fold did not run");
            bool is_null = false;
            ours = DatumGetBool(SPI_getbinval(SPI_tuptable->vals[0], SPI_tuptable->tupdesc, 1, &is_null));
            SPI_finish();
        });
    };
    if (!in_subtransaction(fold, &error, context))
        ereport(WARNING,
                (errcode(error.data->sqlerrcode), errmsg("could not fold pending changes: %s", error.data->message),
                 errhint("Scores stay exact; CALL leadscore.tick() folds what is pending.")));
    return ours;
}

} // namespace

int64 fold_deltas(int component, NullableDatum at_most) {
    int64 folded = 0;
    MemoryContext work = AllocSetContextCreate(CurrentMemoryContext, "pg_leadscore fold", ALLOCSET_DEFAULT_SIZES);
    MemoryContext caller = MemoryContextSwitchTo(work);
    as_extension_owner([&] {
        const FoldedComponent folding = read_component(component);
        // What this transaction appended itself is folded, too.
        CommandCounterIncrement();
        Snapshot snapshot = RegisterSnapshot(GetLatestSnapshot());
        folded = fold_groups(folding, at_most.isnull ? PG_INT64_MAX : DatumGetInt32(at_most.value), snapshot);
        UnregisterSnapshot(snapshot);
        CommandCounterIncrement();
    });
    MemoryContextSwitchTo(caller);
    MemoryContextDelete(work);
    return folded;
}

void fold_now_and_then(const Facts &facts) {
    // Where nobody ticks, a fold of one batch for every half batch appended keeps up with any number of writers; what a
    // large statement appends is left to tick, and so is all of it where the transaction's snapshot is not of now.
    constexpr int first_batch = 512;
    constexpr int last_batch = 1 << 20;
    // Whether somebody ticks, is asked less often.
    constexpr int until_asked_again = 8 * first_batch;
    static int batch = first_batch;
    static int appended = 0;
    static TransactionId transaction = InvalidTransactionId;
    if (facts.count == 0 || facts.count > first_batch || IsolationUsesXactSnapshot())
        return;
    // Each fold passes what its own transaction folded before, which nobody may clear away yet.
    if (transaction != GetTopTransactionId())
        batch = first_batch;
    transaction = GetTopTransactionId();
    appended += facts.count;
    if (appended < batch / 2)
        return;
    // Each of the components that the statement gave something to, in turn.
    static int turn = 0;
    turn = (turn + 1) % facts.count;
    const bool left_to_tick = !fold_batch(*facts.items[turn].branch, batch);
    appended = left_to_tick ? -until_asked_again : 0;
    batch = Min(2 * batch, last_batch);
}

} // namespace leadscore::pg
