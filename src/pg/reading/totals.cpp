#include <algorithm>
#include <cmath>
#include <limits>

#include "pg/reading/totals.hpp"

#include "pg/backend/each_row.hpp"
#include "pg/backend/owner.hpp"

namespace leadscore::pg {

namespace {

struct TotalsQueries {
    Oid key_type; // none where all is read from the rows
    double expected;
    double least;
    double most;
    char *states;
    char *unsettled;
    char *readings;
};

char *text_of(TupleTableSlot *slot, int column) {
    bool is_null = false;
    Datum value = slot_getattr(slot, column, &is_null);
    return is_null ? nullptr : TextDatumGetCString(value);
}

double number_of(TupleTableSlot *slot, int column, double missing) {
    bool is_null = false;
    Datum value = slot_getattr(slot, column, &is_null);
    return is_null ? missing : DatumGetFloat8(value);
}

TotalsQueries queries_of(int score, int entity) {
    constexpr const char *select =
        "SELECT q.key_type, q.expected, q.min_points, q.max_points, q.states, q.unsettled, q.readings FROM "
        "leadscore_internal.totals_queries($1, $2) AS q";
    constexpr double infinite = std::numeric_limits<double>::infinity();
    const Parameter parameters[] = {{INT4OID, {Int32GetDatum(score), false}},
                                    {INT4OID, {Int32GetDatum(entity), false}}};
    MemoryContext context = CurrentMemoryContext;
    TotalsQueries queries{};
    as_extension_owner([&] {
        each_row(select, parameters, 2, [&](TupleTableSlot *slot) {
            MemoryContext query_context = MemoryContextSwitchTo(context);
            bool is_null = false;
            queries.key_type = DatumGetObjectId(slot_getattr(slot, 1, &is_null));
            queries.expected = number_of(slot, 2, 0);
            queries.least = number_of(slot, 3, -infinite);
            queries.most = number_of(slot, 4, infinite);
            queries.states = text_of(slot, 5);
            queries.unsettled = text_of(slot, 6);
            queries.readings = text_of(slot, 7);
            MemoryContextSwitchTo(query_context);
            return true;
        });
    });
    return queries;
}

struct Membership {
    int member;
    Oid owner;
    char *pairs;
};

Membership *memberships_of(int score, int entity, int *count) {
    constexpr const char *select =
        "SELECT m.member, m.owner, m.pairs FROM leadscore_internal.totals_members($1, $2) AS m";
    const Parameter parameters[] = {{INT4OID, {Int32GetDatum(score), false}},
                                    {INT4OID, {Int32GetDatum(entity), false}}};
    MemoryContext context = CurrentMemoryContext;
    Membership *memberships = nullptr;
    *count = 0;
    as_extension_owner([&] {
        each_row(select, parameters, 2, [&](TupleTableSlot *slot) {
            MemoryContext query_context = MemoryContextSwitchTo(context);
            const Size size = sizeof(Membership) * static_cast<Size>(*count + 1);
            memberships =
                static_cast<Membership *>(memberships == nullptr ? palloc(size) : repalloc(memberships, size));
            bool is_null = false;
            memberships[(*count)++] = Membership{DatumGetInt32(slot_getattr(slot, 1, &is_null)),
                                                 DatumGetObjectId(slot_getattr(slot, 2, &is_null)), text_of(slot, 3)};
            MemoryContextSwitchTo(query_context);
            return true;
        });
    });
    return memberships;
}

bool add_points(PointsTable *table, Datum key, double points) {
    double *sum = points_of(table, key);
    if (sum == nullptr)
        return false;
    *sum += points;
    if (!std::isfinite(*sum))
        float_overflow_error();
    return true;
}

// What the entities have themselves: the states of most, and of the others what the view says.
bool add_own(const TotalsQueries &queries, PointsTable *table) {
    ArrayBuildState *others = initArrayResult(queries.key_type, CurrentMemoryContext, true);
    MemoryContext context = CurrentMemoryContext;
    auto note = [&](Datum key) {
        others = accumArrayResult(others, key, false, queries.key_type, context);
        return true;
    };
    auto add_state = [&](TupleTableSlot *slot) {
        slot_getallattrs(slot);
        const bool is_settled = !slot->tts_isnull[1] && std::isfinite(DatumGetFloat8(slot->tts_values[1]));
        return is_settled ? add_points(table, slot->tts_values[0], DatumGetFloat8(slot->tts_values[1]))
                          : note(slot->tts_values[0]);
    };
    auto set_points = [&](TupleTableSlot *slot) {
        slot_getallattrs(slot);
        double *points = points_of(table, slot->tts_values[0]);
        if (points != nullptr)
            *points = DatumGetFloat8(slot->tts_values[1]);
        return points != nullptr;
    };
    bool complete = true;
    as_extension_owner([&] {
        bool is_null = false;
        complete = (queries.states == nullptr || each_row(queries.states, nullptr, 0, add_state)) &&
                   each_row(queries.unsettled, nullptr, 0,
                            [&](TupleTableSlot *slot) { return note(slot_getattr(slot, 1, &is_null)); });
        if (!complete || others->nelems == 0)
            return;
        const Parameter keys{get_array_type(queries.key_type), {makeArrayResult(others, context), false}};
        complete = each_row(queries.readings, &keys, 1, set_points);
    });
    return complete;
}

// A whole number of one type as of another.
bool convert_integer(Oid from, Oid to, Datum *value) {
    const int64 number = from == INT2OID   ? DatumGetInt16(*value)
                         : from == INT4OID ? DatumGetInt32(*value)
                                           : DatumGetInt64(*value);
    *value = to == INT2OID   ? Int16GetDatum(static_cast<int16>(number))
             : to == INT4OID ? Int32GetDatum(static_cast<int32>(number))
                             : Int64GetDatum(number);
    return to == INT8OID ||
           (to == INT4OID ? number == static_cast<int32>(number) : number == static_cast<int16>(number));
}

enum class KeyForm { unknown, same, integer };

// How the keys in a column are those of a type.
KeyForm form_of(TupleTableSlot *slot, int column, Oid key_type) {
    Form_pg_attribute attribute = TupleDescAttr(slot->tts_tupleDescriptor, column);
    const Oid type = getBaseType(attribute->atttypid);
    if (is_integer_type(type) && is_integer_type(key_type))
        return type == key_type ? KeyForm::same : KeyForm::integer;
    return (type == key_type || IsBinaryCoercible(type, key_type)) && tells_apart(attribute->attcollation)
               ? KeyForm::same
               : KeyForm::unknown;
}

double limited(const Totals &totals, double points) { return std::max(totals.least, std::min(totals.most, points)); }

// Adds the members' points to those for whom they count.
bool add_members(const Membership &membership, const Totals &members, Oid key_type, PointsTable *table) {
    bool is_first = true;
    KeyForm form = KeyForm::unknown;
    Oid type = InvalidOid;
    auto add_member = [&](TupleTableSlot *slot) {
        slot_getallattrs(slot);
        if (is_first) {
            is_first = false;
            type = getBaseType(TupleDescAttr(slot->tts_tupleDescriptor, 1)->atttypid);
            if (tells_apart(TupleDescAttr(slot->tts_tupleDescriptor, 0)->attcollation))
                form = form_of(slot, 1, key_type);
        }
        if (form == KeyForm::unknown)
            return false;
        if (slot->tts_isnull[1])
            return true;
        // A row that is an entity without a key has no points, but the limits of the score.
        const double points = slot->tts_isnull[0] ? limited(members, 0) : points_in(members, slot->tts_values[0]);
        Datum parent = slot->tts_values[1];
        // A number beyond those of the other type is nobody's key.
        if (points == 0 || (form == KeyForm::integer && !convert_integer(type, key_type, &parent)))
            return true;
        return add_points(table, parent, points);
    };
    bool complete = true;
    as_table_owner(membership.owner, [&] { complete = each_row(membership.pairs, nullptr, 0, add_member); });
    return complete;
}

} // namespace

bool tells_apart(Oid collation) { return !OidIsValid(collation) || get_collation_isdeterministic(collation); }

double points_in(const Totals &totals, Datum key) { return limited(totals, known_points(*totals.points, key)); }

bool read_totals(int score, int entity, Totals *totals) {
    check_stack_depth();
    const TotalsQueries queries = queries_of(score, entity);
    if (!OidIsValid(queries.key_type))
        return false;
    PointsTable *table = make_points_table(queries.key_type, queries.expected);
    if (table == nullptr || !add_own(queries, table))
        return false;
    int count = 0;
    const Membership *memberships = memberships_of(score, entity, &count);
    for (int i = 0; i < count; i++) {
        Totals members{};
        if (!read_totals(score, memberships[i].member, &members) ||
            !add_members(memberships[i], members, queries.key_type, table))
            return false;
        free_key_table(members.points);
    }
    *totals = Totals{table, queries.least, queries.most};
    return true;
}

} // namespace leadscore::pg
