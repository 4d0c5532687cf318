#include "pg/states/fold.hpp"

#include "pg/backend/clock.hpp"
#include "pg/backend/kept_plan.hpp"
#include "pg/backend/owner.hpp"
#include "pg/backend/subtransaction.hpp"
#include "pg/states/appender.hpp"
#include "pg/states/pending_scan.hpp"

namespace leadscore::pg {

namespace {

// Of an entity that no mark and no boundary takes to the rows.
bool can_be_folded(const PendingGroup &group, const core::State &state, TimestampTz now) {
    return !group.marked && group.changes.count > 0 && state.next_change_at > now;
}

void fold_group(const FoldedComponent &component, const PendingGroup &group, const core::State &before, TimestampTz now,
                StateTable *states, Appender *marks) {
    const RankedState folded = changed(core::merge, component, before, group, now);
    if (folded.recompute)
        marks->add_settled_mark(component, group.key);
    else
        states->store(group.key, folded);
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
            folded += group.changes.count;
        }
        marks.close();
        states.close();
    }
    pending.close();
    return folded;
}

// False where tick sees to it. What fails here is not the writer's fault.
bool fold_batch(const Component &component, int at_most) {
    const Parameter parameters[] = {int4_parameter(component.component), int4_parameter(at_most)};
    MemoryContext context = CurrentMemoryContext;
    bool ours = true;
    CaughtError error;
    auto fold = [&] {
        as_extension_owner([&] {
            ours = DatumGetBool(kept_query_value("SELECT leadscore_internal.fold_some($1, $2)", parameters, 2).value);
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
