#include <initializer_list>

#include "pg/reading/visibility.hpp"

#include "pg/backend/growing_array.hpp"
#include "pg/backend/kept_plan.hpp"
#include "pg/backend/owner.hpp"
#include "pg/reading/sight.hpp"
#include "pg/reading/sorted_keys.hpp"

namespace leadscore::pg {

namespace {

struct VisibleEntity {
    Oid relation;
    Oid owner; // of the relation
    Oid key_type;
    char *all_keys;
    char *some_keys;
};

// Readers have no right to the catalogue.
VisibleEntity visible_entity(int entity) {
    constexpr const char *select = "SELECT v.relation, v.owner, v.key_type, v.all_keys, v.some_keys "
                                   "FROM leadscore_internal.visible_entity($1) AS v";
    const Parameter parameter = int4_parameter(entity);
    VisibleEntity result{};
    as_extension_owner([&] {
        kept_query_row(select, &parameter, 1, [&](const ResultRow &row) {
            result = VisibleEntity{row.oid(1), row.oid(2), row.oid(3), row.string(4), row.string(5)};
        });
    });
    if (!OidIsValid(result.relation))
        ereport(ERROR, (errcode(ERRCODE_UNDEFINED_OBJECT), errmsg("entity %d does not exist", entity)));
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

GrowingArray<WayUp> ways_up(int score, int member) {
    constexpr const char *select =
        "SELECT w.entity, w.owner, w.parents, w.members FROM leadscore_internal.ways_up($1, $2) AS w";
    const Parameter parameters[] = {int4_parameter(score), int4_parameter(member)};
    auto ways = growing_array<WayUp>();
    as_extension_owner([&] {
        each_kept_row(select, parameters, 2, [&](const ResultRow &row) {
            append(&ways, WayUp{row.integer(1), row.oid(2), row.string(3), row.string(4)});
        });
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

// Those that there are, as whoever runs it sees them.
Datum present_keys(const VisibleEntity &entity, NullableDatum keys) {
    const Parameter parameter{get_array_type(entity.key_type), keys};
    return keys.isnull ? query_value(entity.all_keys, nullptr, 0).value
                       : query_value(entity.some_keys, &parameter, 1).value;
}

// As the reader, whose rights and policies decide; in a path that the reader did not choose.
Datum own_keys(const VisibleEntity &entity, NullableDatum keys) {
    Datum own = 0;
    in_safe_path([&] { own = present_keys(entity, keys); });
    return own;
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
    const Oid array_type = get_array_type(own.key_type);
    for (const WayUp &way : ways_up(score, entity)) {
        NullableDatum parents{0, true};
        if (!keys.isnull) {
            Parameter members{array_type, keys};
            as_table_owner(way.owner, [&] { parents = query_value(way.parents, &members, 1); });
        }
        parents = visible_keys(score, way.entity, parents, readable);
        // Who sees all is not told of members that count for none of them; and needs no right to the schema for it.
        const VisibleEntity whole = visible_entity(way.entity);
        if (may_read_all(whole.relation))
            as_table_owner(whole.owner, [&] { parents.value = present_keys(whole, parents); });
        parents.isnull = false;
        Parameter both[] = {{array_type, keys}, {get_array_type(whole.key_type), parents}};
        NullableDatum members{0, true};
        as_table_owner(way.owner, [&] { members = query_value(way.members, both, 2); });
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
    const Parameter parameter = int4_parameter(component);
    int score = 0;
    int entity = 0;
    as_extension_owner([&] {
        each_kept_row(select, &parameter, 1, [&](const ResultRow &row) {
            score = row.integer(1);
            entity = row.integer(2);
        });
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

namespace {

struct MembersQuery {
    int score;
    int entity;
    Oid owner;
    char *query;
};

MembersQuery members_query(int membership, bool by_parent) {
    constexpr const char *select =
        "SELECT q.score, q.entity, q.owner, q.query FROM leadscore_internal.members_query($1, $2) AS q";
    const Parameter parameters[] = {int4_parameter(membership), bool_parameter(by_parent)};
    MembersQuery found{};
    as_extension_owner([&] {
        kept_query_row(select, parameters, 2, [&](const ResultRow &row) {
            found = MembersQuery{row.integer(1), row.integer(2), row.oid(3), row.string(4)};
        });
    });
    if (found.query == nullptr)
        ereport(ERROR, (errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
                        errmsg("the score was published after this transaction took its snapshot"),
                        errhint("Read it in a new transaction.")));
    return found;
}

} // namespace

void read_members(int membership, NullableDatum parents, Tuplestorestate *result, TupleDesc columns) {
    const bool by_parent = !parents.isnull;
    MembersQuery members = members_query(membership, by_parent);
    parents = keys_visible_to_reader(members.score, members.entity, parents);
    if (by_parent != !parents.isnull)
        members = members_query(membership, !by_parent);
    const Parameter parameter{get_array_type(visible_entity(members.entity).key_type), parents};
    as_table_owner(members.owner, [&] { run_into(members.query, &parameter, 1, result, columns); });
}

} // namespace leadscore::pg
