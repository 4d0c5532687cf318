#include <initializer_list>

#include "pg/visibility.hpp"

#include "pg/owner.hpp"
#include "pg/query.hpp"
#include "pg/sight.hpp"
#include "pg/sorted_keys.hpp"

namespace leadscore::pg {

namespace {

struct VisibleEntity {
    Oid relation;
    Oid key_type;
    char *all_keys;
    char *some_keys;
};

// Readers have no right to the catalogue.
VisibleEntity visible_entity(int entity) {
    constexpr const char *select = "SELECT v.relation, v.key_type, v.all_keys, v.some_keys "
                                   "FROM leadscore_internal.visible_entity($1) AS v";
    Oid types[] = {INT4OID};
    Datum values[] = {Int32GetDatum(entity)};
    MemoryContext context = CurrentMemoryContext;
    VisibleEntity result{};
    as_extension_owner([&] {
        SPI_connect();
        if (SPI_execute_with_args(select, 1, types, values, nullptr, true, 1) != SPI_OK_SELECT || SPI_processed != 1)
            elog(ERROR, "reading what is set up failed");
        HeapTuple row = SPI_tuptable->vals[0];
        TupleDesc columns = SPI_tuptable->tupdesc;
        bool is_null = false;
        auto column = [&](int number) {
            return MemoryContextStrdup(context, TextDatumGetCString(SPI_getbinval(row, columns, number, &is_null)));
        };
        result.relation = DatumGetObjectId(SPI_getbinval(row, columns, 1, &is_null));
        if (is_null)
            ereport(ERROR, (errcode(ERRCODE_UNDEFINED_OBJECT), errmsg("entity %d does not exist", entity)));
        result.key_type = DatumGetObjectId(SPI_getbinval(row, columns, 2, &is_null));
        result.all_keys = column(3);
        result.some_keys = column(4);
        SPI_finish();
    });
    return result;
}

// Anybody may call the functions that end here, with any type.
void check_key_type(Oid given, Oid wanted) {
    if (getBaseType(given) != getBaseType(wanted))
        ereport(ERROR, (errcode(ERRCODE_DATATYPE_MISMATCH),
                        errmsg("the key must be of type %s, not %s", format_type_be(wanted), format_type_be(given))));
}

struct WayUp {
    int entity;
    Oid owner;
    char *parents;
    char *members;
};

WayUp *ways_up(int score, int member, int *count) {
    constexpr const char *select =
        "SELECT w.entity, w.owner, w.parents, w.members FROM leadscore_internal.ways_up($1, $2) AS w";
    Oid types[] = {INT4OID, INT4OID};
    Datum values[] = {Int32GetDatum(score), Int32GetDatum(member)};
    MemoryContext context = CurrentMemoryContext;
    WayUp *ways = nullptr;
    as_extension_owner([&] {
        SPI_connect();
        if (SPI_execute_with_args(select, 2, types, values, nullptr, true, 0) != SPI_OK_SELECT)
            elog(ERROR, "reading the published roll-ups failed");
        *count = static_cast<int>(SPI_processed);
        ways = static_cast<WayUp *>(MemoryContextAlloc(context, sizeof(WayUp) * Max(SPI_processed, 1)));
        for (int i = 0; i < *count; i++) {
            HeapTuple row = SPI_tuptable->vals[i];
            TupleDesc columns = SPI_tuptable->tupdesc;
            bool is_null = false;
            auto column = [&](int number) {
                return MemoryContextStrdup(context, TextDatumGetCString(SPI_getbinval(row, columns, number, &is_null)));
            };
            ways[i].entity = DatumGetInt32(SPI_getbinval(row, columns, 1, &is_null));
            ways[i].owner = DatumGetObjectId(SPI_getbinval(row, columns, 2, &is_null));
            ways[i].parents = column(3);
            ways[i].members = column(4);
        }
        SPI_finish();
    });
    return ways;
}

bool is_unrestricted() { return GetUserId() == extension_owner() || superuser_arg(GetUserId()); }

bool may_read_some(Oid relation) {
    return pg_class_aclcheck(relation, GetUserId(), ACL_SELECT) == ACLCHECK_OK ||
           pg_attribute_aclcheck_all(relation, GetUserId(), ACL_SELECT, ACLMASK_ANY) == ACLCHECK_OK;
}

bool may_read_all(Oid relation) {
    return pg_class_aclcheck(relation, GetUserId(), ACL_SELECT) == ACLCHECK_OK &&
           check_enable_rls(relation, InvalidOid, true) != RLS_ENABLED;
}

// As the reader, whose rights and policies decide; in a path that the reader did not choose.
Datum own_keys(const VisibleEntity &entity, NullableDatum keys) {
    Parameter parameter{get_array_type(entity.key_type), keys};
    NullableDatum result{0, true};
    in_safe_path([&] {
        result = keys.isnull ? query_value(entity.all_keys, nullptr, 0) : query_value(entity.some_keys, &parameter, 1);
    });
    return result.value;
}

// Keys in both count twice, which does no harm.
Datum concatenated(Datum left, Datum right, Oid key_type) {
    int16 length = 0;
    bool by_value = false;
    char alignment = 0;
    get_typlenbyvalalign(key_type, &length, &by_value, &alignment);
    ArrayBuildState *all = initArrayResult(key_type, CurrentMemoryContext, false);
    for (Datum array : {left, right}) {
        Datum *elements = nullptr;
        int count = 0;
        deconstruct_array(DatumGetArrayTypeP(array), key_type, length, by_value, alignment, &elements, nullptr, &count);
        for (int i = 0; i < count; i++)
            all = accumArrayResult(all, elements[i], false, key_type, CurrentMemoryContext);
    }
    return makeArrayResult(all, CurrentMemoryContext);
}

// readable: set where the reader may read the table of the entity or of one that it counts for.
NullableDatum visible_keys(int score, int entity, NullableDatum keys, bool *readable) {
    check_stack_depth();
    VisibleEntity own = visible_entity(entity);
    if (may_read_all(own.relation)) {
        *readable = true;
        return keys;
    }
    NullableDatum visible{PointerGetDatum(construct_empty_array(own.key_type)), false};
    if (may_read_some(own.relation)) {
        *readable = true;
        visible.value = own_keys(own, keys);
    }
    int count = 0;
    const WayUp *ways = ways_up(score, entity, &count);
    const Oid array_type = get_array_type(own.key_type);
    for (int i = 0; i < count; i++) {
        NullableDatum parents{0, true};
        if (!keys.isnull) {
            Parameter members{array_type, keys};
            as_table_owner(ways[i].owner, [&] { parents = query_value(ways[i].parents, &members, 1); });
        }
        parents = visible_keys(score, ways[i].entity, parents, readable);
        // Whose members count for nobody are not seen by it.
        const VisibleEntity whole = visible_entity(ways[i].entity);
        if (may_read_all(whole.relation))
            parents.value = own_keys(whole, parents);
        parents.isnull = false;
        Parameter both[] = {{array_type, keys}, {get_array_type(whole.key_type), parents}};
        NullableDatum members{0, true};
        as_table_owner(ways[i].owner, [&] { members = query_value(ways[i].members, both, 2); });
        visible.value = concatenated(visible.value, members.value, own.key_type);
    }
    return visible;
}

} // namespace

bool sees_all_rows(Oid relation) { return is_unrestricted() || may_read_all(relation); }

NullableDatum keys_visible_to_reader(int score, int entity, NullableDatum keys) {
    if (is_unrestricted())
        return keys;
    if (!keys.isnull)
        check_key_type(ARR_ELEMTYPE(DatumGetArrayTypeP(keys.value)), visible_entity(entity).key_type);
    bool readable = false;
    NullableDatum visible = visible_keys(score, entity, keys, &readable);
    if (!readable)
        own_keys(visible_entity(entity), keys); // which says that the right is missing
    return visible;
}

NullableDatum keys_visible_to_reader(int component, NullableDatum keys) {
    if (is_unrestricted())
        return keys;
    constexpr const char *select =
        "SELECT c.score, c.entity FROM leadscore_internal.component AS c WHERE c.id OPERATOR(pg_catalog.=) $1";
    Oid types[] = {INT4OID};
    Datum values[] = {Int32GetDatum(component)};
    int score = 0;
    int entity = 0;
    as_extension_owner([&] {
        SPI_connect();
        if (SPI_execute_with_args(select, 1, types, values, nullptr, true, 1) != SPI_OK_SELECT)
            elog(ERROR, "reading what is published failed");
        if (SPI_processed == 1) {
            bool is_null = false;
            score = DatumGetInt32(SPI_getbinval(SPI_tuptable->vals[0], SPI_tuptable->tupdesc, 1, &is_null));
            entity = DatumGetInt32(SPI_getbinval(SPI_tuptable->vals[0], SPI_tuptable->tupdesc, 2, &is_null));
        }
        SPI_finish();
    });
    // What is not there gives nothing to anybody.
    return entity == 0 ? keys : keys_visible_to_reader(score, entity, keys);
}

struct SightMemory {
    MemoryContext context;
    int entity;
    Sight sight; // an expression may outlive its query
    Oid user;
    bool everything;
    int calls;
    VisibleEntity own;
    bool has_all;
    SortedKeys all;
};

bool sees(int entity, Datum key, Oid key_type, SightMemory **memory, MemoryContext query_context) {
    constexpr int calls_before_bulk = 16;
    SightMemory *mine = *memory;
    if (mine == nullptr || mine->entity != entity || mine->user != GetUserId() || !(mine->sight == present_sight())) {
        MemoryContext caller = MemoryContextSwitchTo(query_context);
        mine = static_cast<SightMemory *>(palloc0(sizeof(SightMemory)));
        mine->context = query_context;
        mine->entity = entity;
        mine->user = GetUserId();
        mine->sight = present_sight();
        mine->everything = is_unrestricted();
        if (!mine->everything) {
            mine->own = visible_entity(entity);
            mine->everything = may_read_all(mine->own.relation);
        }
        MemoryContextSwitchTo(caller);
        *memory = mine;
    }
    if (mine->everything)
        return true;
    check_key_type(key_type, mine->own.key_type);
    if (!mine->has_all && ++mine->calls > calls_before_bulk) {
        MemoryContext caller = MemoryContextSwitchTo(mine->context);
        mine->all = sorted_keys(own_keys(mine->own, NullableDatum{0, true}), mine->own.key_type);
        MemoryContextSwitchTo(caller);
        mine->has_all = true;
    }
    if (mine->has_all)
        return find_key(mine->all, key) >= 0;
    TypeCacheEntry *type = lookup_type_cache(mine->own.key_type, 0);
    ArrayType *one = construct_array(&key, 1, type->type_id, type->typlen, type->typbyval, type->typalign);
    Datum seen = own_keys(mine->own, NullableDatum{PointerGetDatum(one), false});
    return ArrayGetNItems(ARR_NDIM(DatumGetArrayTypeP(seen)), ARR_DIMS(DatumGetArrayTypeP(seen))) > 0;
}

void read_members(int membership, NullableDatum parents, Tuplestorestate *result, TupleDesc columns) {
    constexpr const char *select =
        "SELECT q.score, q.entity, q.owner, q.query FROM leadscore_internal.members_query($1, $2) AS q";
    int score = 0;
    int entity = 0;
    Oid owner = InvalidOid;
    char *query = nullptr;
    MemoryContext context = CurrentMemoryContext;
    auto read_query = [&](bool by_parent) {
        Oid types[] = {INT4OID, BOOLOID};
        Datum values[] = {Int32GetDatum(membership), BoolGetDatum(by_parent)};
        as_extension_owner([&] {
            SPI_connect();
            if (SPI_execute_with_args(select, 2, types, values, nullptr, true, 1) != SPI_OK_SELECT)
                elog(ERROR, "reading the published roll-ups failed");
            bool is_null = SPI_processed == 0;
            if (!is_null)
                score = DatumGetInt32(SPI_getbinval(SPI_tuptable->vals[0], SPI_tuptable->tupdesc, 1, &is_null));
            if (is_null)
                ereport(ERROR, (errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
                                errmsg("the score was published after this transaction took its snapshot"),
                                errhint("Read it in a new transaction.")));
            entity = DatumGetInt32(SPI_getbinval(SPI_tuptable->vals[0], SPI_tuptable->tupdesc, 2, &is_null));
            owner = DatumGetObjectId(SPI_getbinval(SPI_tuptable->vals[0], SPI_tuptable->tupdesc, 3, &is_null));
            query = MemoryContextStrdup(
                context, TextDatumGetCString(SPI_getbinval(SPI_tuptable->vals[0], SPI_tuptable->tupdesc, 4, &is_null)));
            SPI_finish();
        });
    };
    read_query(!parents.isnull);
    bool by_parent = !parents.isnull;
    parents = keys_visible_to_reader(score, entity, parents);
    if (by_parent != !parents.isnull)
        read_query(!parents.isnull);
    Parameter parameter{get_array_type(visible_entity(entity).key_type), parents};
    as_table_owner(owner, [&] { run_into(query, &parameter, 1, result, columns); });
}

} // namespace leadscore::pg
