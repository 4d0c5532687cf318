#include <cmath>

#include "pg/expressions/facts.hpp"

namespace leadscore::pg {

namespace {

// The years that the calendar of the core knows. What is said to have occurred before has no weight that could be told
// from that of its beginning; what is planned for after its end will never count.
constexpr TimestampTz first_instant = INT64CONST(-18934041600000000); // 1400-01-02
constexpr TimestampTz last_instant = INT64CONST(252423993600000000);  // 9998-12-31

bool holds(ExprState *condition, ExprContext *context) {
    if (condition == nullptr)
        return true;
    bool is_null = false;
    Datum result = ExecEvalExprSwitchContext(condition, context, &is_null);
    return !is_null && DatumGetBool(result);
}

bool occurrence(const Branch &branch, ExprContext *context, TimestampTz *occurred_at) {
    bool is_null = false;
    Datum result = ExecEvalExprSwitchContext(branch.occurred_at, context, &is_null);
    if (is_null || DatumGetTimestampTz(result) > last_instant)
        return false;
    *occurred_at = Max(Max(DatumGetTimestampTz(result), first_instant) - branch.ahead, first_instant);
    return true;
}

double points_of(const Term &term, ExprContext *context) {
    bool is_null = false;
    Datum result = ExecEvalExprSwitchContext(term.points, context, &is_null);
    double points = is_null ? 0.0 : DatumGetFloat8(result);
    check_points(points, term.rule);
    return points;
}

// What does not fit into a btree is nobody's key, and must not make the write fail.
constexpr Size longest_key = 2000;

void check_key_length(const Branch &branch, Datum key) {
    if (branch.key_length == -1 && toast_raw_datum_size(key) > longest_key)
        ereport(ERROR, (errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED),
                        errmsg("a key of a link is longer than %zu bytes", longest_key)));
}

bool equal_keys(const Branch &branch, Datum left, Datum right) {
    if (branch.key_is_int4 || branch.key_is_int8)
        return compare_keys(branch, left, right) == 0;
    return DatumGetBool(FunctionCall2Coll(branch.key_equality, branch.key_collation, left, right));
}

} // namespace

int compare_keys(const Branch &branch, Datum left, Datum right) {
    if (branch.key_is_int4)
        return (DatumGetInt32(left) > DatumGetInt32(right)) - (DatumGetInt32(left) < DatumGetInt32(right));
    if (branch.key_is_int8)
        return (DatumGetInt64(left) > DatumGetInt64(right)) - (DatumGetInt64(left) < DatumGetInt64(right));
    return DatumGetInt32(FunctionCall2Coll(branch.key_order, branch.key_collation, left, right));
}

void check_points(double points, const char *rule) {
    // No number of activities that a table can hold sums up to infinity.
    constexpr double most_points = 1e290;
    if (!std::isfinite(points) || std::abs(points) > most_points)
        ereport(ERROR, (errcode(ERRCODE_NUMERIC_VALUE_OUT_OF_RANGE),
                        errmsg("points of rule \"%s\" are not a finite number, or beyond 1e290", rule)));
}

Facts make_facts() {
    return Facts{growing_array<Fact>(),
                 AllocSetContextCreate(CurrentMemoryContext, "pg_leadscore keys", ALLOCSET_DEFAULT_SIZES)};
}

void forget(Facts *facts) {
    MemoryContextReset(facts->keys);
    facts->count = 0;
}

void evaluate(const Branch &branch, ExprContext *context, TupleTableSlot *row, int16 sign, bool *counted,
              Facts *facts) {
    context->ecxt_scantuple = row;
    TimestampTz occurred_at = 0;
    if (!holds(branch.filter, context) || !occurrence(branch, context, &occurred_at))
        return;

    int first = facts->count;
    for (int i = 0; i < branch.link_count; i++) {
        if (!holds(branch.links[i].filter, context))
            continue;
        bool is_null = false;
        Datum key = ExecEvalExprSwitchContext(branch.links[i].key, context, &is_null);
        bool reached = is_null;
        if (!is_null)
            check_key_length(branch, key);
        for (int j = first; j < facts->count && !reached; j++)
            reached = equal_keys(branch, facts->items[j].key, key);
        if (reached)
            continue;
        MemoryContext previous = MemoryContextSwitchTo(facts->keys);
        append(facts, Fact{&branch, datumCopy(key, branch.key_by_value, branch.key_length), occurred_at, 0.0, sign, 0});
        MemoryContextSwitchTo(previous);
    }
    // What reaches nobody is not evaluated further: points that fail on such a row do no harm.
    if (facts->count == first)
        return;

    bool matched = false;
    double points = 0.0;
    for (int i = 0; i < branch.term_count; i++) {
        if (!holds(branch.terms[i].filter, context))
            continue;
        matched = true;
        points += points_of(branch.terms[i], context);
    }
    if (!matched) {
        facts->count = first;
        return;
    }
    for (int j = first; j < facts->count; j++) {
        facts->items[j].points = points;
        facts->items[j].activities = branch.counted && !counted[branch.group] ? 1 : 0;
    }
    counted[branch.group] = counted[branch.group] || branch.counted;
}

void cancel_equal(Facts *facts, int first) {
    int kept = first;
    for (int i = first; i < facts->count; i++) {
        const Fact &fact = facts->items[i];
        int opposite = -1;
        for (int j = first; j < kept && opposite < 0; j++) {
            const Fact &other = facts->items[j];
            if (other.branch == fact.branch && other.sign == -fact.sign && other.occurred_at == fact.occurred_at &&
                other.points == fact.points && other.activities == fact.activities &&
                equal_keys(*fact.branch, other.key, fact.key))
                opposite = j;
        }
        if (opposite >= 0)
            facts->items[opposite] = facts->items[--kept];
        else
            facts->items[kept++] = fact;
    }
    facts->count = kept;
}

} // namespace leadscore::pg
