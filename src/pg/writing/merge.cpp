#include "pg/writing/merge.hpp"

namespace leadscore::pg {

namespace {

ExecutorFinish_hook_type next_finish = nullptr;

// The query whose AFTER triggers are firing; null outside of one, and for one that began before the library was loaded.
QueryDesc *finishing = nullptr;

void finish(QueryDesc *query) {
    QueryDesc *outer = finishing;
    PG_TRY();
    {
        finishing = query;
        if (next_finish != nullptr)
            next_finish(query);
        else
            standard_ExecutorFinish(query);
    }
    PG_FINALLY();
    { finishing = outer; }
    PG_END_TRY();
}

bool is_merge_into(const PlanState *state, Oid table) {
    if (!IsA(state, ModifyTableState))
        return false;
    const auto *modify = reinterpret_cast<const ModifyTableState *>(state);
    return modify->operation == CMD_MERGE && RelationGetRelid(modify->rootResultRelInfo->ri_RelationDesc) == table;
}

// Rows that all MERGE statements of a query updated in a table; there are several where they stand in WITH.
double rows_updated_by_merge(const QueryDesc *query, Oid table) {
    double rows = 0;
    auto add = [&](const PlanState *state) {
        if (is_merge_into(state, table))
            rows += reinterpret_cast<const ModifyTableState *>(state)->mt_merge_updated;
    };
    add(query->planstate);
    ListCell *cell = nullptr;
    foreach (cell, query->estate->es_auxmodifytables) {
        const auto *state = static_cast<const PlanState *>(lfirst(cell));
        if (state != query->planstate)
            add(state);
    }
    return rows;
}

// For a query that began before the library was loaded: what is not a plain UPDATE of the table may be or run a MERGE.
bool is_plain_update(Oid table) {
    if (ActivePortal == nullptr || list_length(ActivePortal->stmts) != 1)
        return false;
    const auto *statement = linitial_node(PlannedStmt, ActivePortal->stmts);
    if (statement->commandType != CMD_UPDATE || statement->hasModifyingCTE || !IsA(statement->planTree, ModifyTable))
        return false;
    const auto *modify = reinterpret_cast<const ModifyTable *>(statement->planTree);
    return rt_fetch(modify->nominalRelation, statement->rtable)->relid == table;
}

} // namespace

void watch_merges() {
    next_finish = ExecutorFinish_hook;
    ExecutorFinish_hook = finish;
}

bool merge_hides_rows(const TriggerData *trigger) {
    if (!TRIGGER_FIRED_BY_UPDATE(trigger->tg_event) ||
        trigger->tg_relation->rd_rel->relkind != RELKIND_PARTITIONED_TABLE)
        return false;
    Oid table = RelationGetRelid(trigger->tg_relation);
    if (finishing == nullptr)
        return !is_plain_update(table);
    return rows_updated_by_merge(finishing, table) > static_cast<double>(tuplestore_tuple_count(trigger->tg_oldtable));
}

} // namespace leadscore::pg
