#include "pg/writing/capture.hpp"

#include "pg/backend/owner.hpp"
#include "pg/backend/subtransaction.hpp"
#include "pg/states/fold.hpp"
#include "pg/writing/merge.hpp"
#include "pg/writing/once.hpp"
#include "pg/writing/pending.hpp"

namespace leadscore::pg {

namespace {

constexpr int rows_per_batch = 32768;

// One transition table, read row by row.
struct Rows {
    Tuplestorestate *store;
    TupleTableSlot *slot;
    bool present; // whether the slot holds a row

    void advance() { present = store != nullptr && tuplestore_gettupleslot(store, true, false, slot); }
};

Rows open_rows(Tuplestorestate *store, Relation relation) {
    Rows rows{store, MakeSingleTupleTableSlot(RelationGetDescr(relation), &TTSOpsMinimalTuple), false};
    if (store != nullptr)
        tuplestore_rescan(store);
    return rows;
}

// The evaluation of a statement's rows, kept where an error of a user's expression leaves it: such an error ends the
// subtransaction and breaks one score, then the work goes on behind it.
struct Evaluation {
    Program *program;
    ExprContext *context;
    Rows removed;
    Rows added;
    Facts facts;
    bool *broken; // by branch
    bool *counted_removed;
    bool *counted_added;
    bool in_row;
    int next_branch;
    int branch_start; // facts before the branch under way
    bool exhausted;
};

void evaluate_batch(Evaluation *work) {
    const Program *program = work->program;
    for (int rows = 0; rows < rows_per_batch; rows++) {
        if (!work->in_row) {
            CHECK_FOR_INTERRUPTS();
            work->removed.advance();
            work->added.advance();
            if (!work->removed.present && !work->added.present) {
                work->exhausted = true;
                return;
            }
            memset(work->counted_removed, 0, sizeof(bool) * static_cast<size_t>(program->group_count));
            memset(work->counted_added, 0, sizeof(bool) * static_cast<size_t>(program->group_count));
            work->next_branch = 0;
            work->in_row = true;
        }
        while (work->next_branch < program->branch_count) {
            const Branch &branch = program->branches[work->next_branch];
            work->branch_start = work->facts.count;
            if (!work->broken[work->next_branch]) {
                if (work->removed.present)
                    evaluate(branch, work->context, work->removed.slot, -1, work->counted_removed, &work->facts);
                if (work->added.present)
                    evaluate(branch, work->context, work->added.slot, 1, work->counted_added, &work->facts);
                cancel_equal(&work->facts, work->branch_start);
            }
            work->next_branch++;
        }
        work->in_row = false;
        ResetExprContext(work->context);
    }
}

// A version of a score that one branch cannot serve is wrong as a whole: its other branches have nothing to say either.
void break_score(Evaluation *work, const Branch &branch, int sqlstate, const char *message) {
    report_broken(branch, sqlstate, message);
    for (int i = 0; i < work->program->branch_count; i++) {
        const Branch &other = work->program->branches[i];
        if (other.score == branch.score && other.building == branch.building)
            work->broken[i] = true;
    }
}

bool evaluate_guarded(Evaluation *work, CaughtError *error) {
    auto evaluate_all = [&] {
        if (work->program->depends_on_surroundings)
            as_table_owner(work->program->owner, [&] { evaluate_batch(work); });
        else
            evaluate_batch(work);
    };
    return in_subtransaction(evaluate_all, error, CurrentMemoryContext);
}

void capture_rows(Program *program, const TriggerData *trigger) {
    Relation relation = trigger->tg_relation;
    auto flags = [](int count) { return static_cast<bool *>(palloc0(sizeof(bool) * static_cast<size_t>(count))); };
    Evaluation work{program,
                    CreateStandaloneExprContext(),
                    open_rows(trigger->tg_oldtable, relation),
                    open_rows(trigger->tg_newtable, relation),
                    make_facts(),
                    flags(program->branch_count),
                    flags(program->group_count),
                    flags(program->group_count),
                    false,
                    0,
                    0,
                    false};
    for (int i = 0; i < program->branch_count; i++)
        if (program->branches[i].problem != nullptr && !work.broken[i])
            break_score(&work, program->branches[i], program->branches[i].problem_sqlstate,
                        program->branches[i].problem);

    bool several_batches = false;
    while (!work.exhausted) {
        CaughtError error;
        if (!evaluate_guarded(&work, &error)) {
            work.facts.count = work.branch_start;
            throw_on_passing(error);
            break_score(&work, program->branches[work.next_branch], error.data->sqlerrcode, error.data->message);
            continue;
        }
        record_first_times(&work.facts);
        append_facts(&work.facts);
        bool small_statement = work.exhausted && !several_batches;
        if (small_statement)
            fold_now_and_then(work.facts);
        several_batches = true;
        forget(&work.facts);
    }
    ExecDropSingleTupleTableSlot(work.removed.slot);
    ExecDropSingleTupleTableSlot(work.added.slot);
    FreeExprContext(work.context, true);
}

} // namespace

void capture(TriggerData *trigger) {
    if (trigger->tg_trigger->tgnargs != 1)
        ereport(ERROR, (errcode(ERRCODE_E_R_I_E_TRIGGER_PROTOCOL_VIOLATED),
                        errmsg("capture() needs the number of the source as its argument")));
    MemoryContext statement =
        AllocSetContextCreate(CurrentMemoryContext, "pg_leadscore capture", ALLOCSET_DEFAULT_SIZES);
    MemoryContext caller = MemoryContextSwitchTo(statement);
    Program *program = acquire_program(pg_strtoint32(trigger->tg_trigger->tgargs[0]), trigger->tg_relation);
    if (TRIGGER_FIRED_BY_TRUNCATE(trigger->tg_event) || merge_hides_rows(trigger)) {
        for (int i = 0; i < program->branch_count; i++) {
            if (!OidIsValid(program->branches[i].records))
                append_component_mark(program->branches[i]);
            else if (!TRIGGER_FIRED_BY_TRUNCATE(trigger->tg_event))
                record_unseen(program->branches[i]);
        }
    } else if (program->branch_count > 0) {
        capture_rows(program, trigger);
    }
    MemoryContextSwitchTo(caller);
    MemoryContextDelete(statement);
}

} // namespace leadscore::pg
