#include "pg/states/correction.hpp"

#include "pg/backend/clock.hpp"
#include "pg/backend/each_row.hpp"
#include "pg/backend/owner.hpp"
#include "pg/states/appender.hpp"
#include "pg/states/entity_changes.hpp"

namespace leadscore::pg {

namespace {

// The columns of due_query(): a key, its state, and
enum DueColumn {
    key_column,
    first_state_column,
    occurred_at_column = first_state_column + state_part_count,
    change_points_column,
    change_activities_column,
    sign_column
};

NullableDatum value(const TupleTableSlot *slot, int column) {
    return {slot->tts_values[column], slot->tts_isnull[column]};
}

// A due state, and what changed its part in it.
struct DueEntity : EntityChanges {
    TypeCacheEntry *type;
    Oid collation;
    bool present;
    core::State state;
};

DueEntity no_entity(Oid key_type) {
    return DueEntity{no_changes(), lookup_type_cache(key_type, TYPECACHE_EQ_OPR_FINFO), InvalidOid, false, {}};
}

bool is_of(const DueEntity &entity, Datum key) {
    return entity.present &&
           DatumGetBool(FunctionCall2Coll(&entity.type->eq_opr_finfo, entity.collation, entity.key, key));
}

void begin(DueEntity *entity, const TupleTableSlot *slot) {
    begin(entity, slot->tts_values[key_column], entity->type->typbyval, entity->type->typlen);
    entity->collation = TupleDescAttr(slot->tts_tupleDescriptor, key_column)->attcollation;
    entity->state = state_from([&](StatePart part) { return value(slot, first_state_column + place_of(part)); });
    entity->present = true;
}

core::Change change_of(const TupleTableSlot *slot) {
    return {DatumGetTimestampTz(slot->tts_values[occurred_at_column]),
            DatumGetFloat8(slot->tts_values[change_points_column]), DatumGetInt32(slot->tts_values[sign_column]),
            DatumGetInt32(slot->tts_values[change_activities_column])};
}

// Calls visit(key, state) for each entity that is due at the instant. keys: an array, or null for all that are not
// marked.
template <typename Visit>
void each_due(const FoldedComponent &component, NullableDatum keys, TimestampTz instant, Visit visit) {
    const Parameter of_query[] = {int4_parameter(component.component), bool_parameter(!keys.isnull)};
    const char *query =
        TextDatumGetCString(kept_query_value("SELECT leadscore_internal.due_query($1, $2)", of_query, 2).value);
    const Parameter parameters[] = {
        int4_parameter(component.component), timestamp_parameter(instant), {get_array_type(component.key_type), keys}};
    DueEntity entity = no_entity(component.key_type);
    MemoryContext context = CurrentMemoryContext;
    auto visit_entity = [&] {
        if (entity.present)
            visit(entity.key, changed(core::correct, component, entity.state, entity, instant));
    };
    each_row(query, parameters, keys.isnull ? 2 : 3, [&](TupleTableSlot *slot) {
        MemoryContext query_context = MemoryContextSwitchTo(context);
        slot_getallattrs(slot);
        if (!is_of(entity, slot->tts_values[key_column])) {
            visit_entity();
            begin(&entity, slot);
        }
        if (!slot->tts_isnull[occurred_at_column])
            append(&entity.changes, change_of(slot));
        MemoryContextSwitchTo(query_context);
        return true;
    });
    visit_entity();
}

} // namespace

int64 correct_due(int number) {
    int64 count = 0;
    MemoryContext work = AllocSetContextCreate(CurrentMemoryContext, "pg_leadscore correct", ALLOCSET_DEFAULT_SIZES);
    MemoryContext caller = MemoryContextSwitchTo(work);
    as_extension_owner([&] {
        const FoldedComponent component = read_component(number);
        // States are written while the query goes on: it has read all of them by then, and in this snapshot.
        StateTable states(component.states, GetActiveSnapshot());
        Appender marks(component.pending, 1);
        each_due(component, NullableDatum{0, true}, folding_instant(), [&](Datum key, const RankedState &state) {
            count++;
            if (state.recompute) {
                marks.add_settled_mark(component, key);
            } else {
                states.find(key);
                states.store(key, state);
            }
        });
        marks.close();
        states.close();
    });
    MemoryContextSwitchTo(caller);
    MemoryContextDelete(work);
    return count;
}

void read_corrected(int number, Datum keys, Oid keys_type, TimestampTz instant, Tuplestorestate *result,
                    TupleDesc columns) {
    as_extension_owner([&] {
        const FoldedComponent component = read_component(number);
        // Anybody may call the function that ends here, with any type.
        if (get_element_type(keys_type) != component.key_type)
            ereport(ERROR, (errcode(ERRCODE_DATATYPE_MISMATCH), errmsg("the keys are of another type")));
        each_due(component, NullableDatum{keys, false}, instant, [&](Datum key, const RankedState &ranked) {
            if (ranked.recompute)
                return;
            const StateValues state = values_of(ranked.state);
            Datum values[1 + state_part_count] = {key};
            bool nulls[1 + state_part_count] = {false};
            for (int part = 0; part < state_part_count; part++) {
                values[1 + part] = state[part].value;
                nulls[1 + part] = state[part].isnull;
            }
            tuplestore_putvalues(result, columns, values, nulls);
        });
    });
}

} // namespace leadscore::pg
