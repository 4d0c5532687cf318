#include "pg/tables/tree.hpp"

namespace leadscore::pg {

namespace {

List *add_parents(List *tables, Relation inheritance, Oid table) {
    ScanKeyData key;
    ScanKeyInit(&key, Anum_pg_inherits_inhrelid, BTEqualStrategyNumber, F_OIDEQ, ObjectIdGetDatum(table));
    SysScanDesc scan = systable_beginscan(inheritance, InheritsRelidSeqnoIndexId, true, nullptr, 1, &key);
    while (HeapTuple tuple = systable_getnext(scan))
        tables = list_append_unique_oid(tables, reinterpret_cast<Form_pg_inherits>(GETSTRUCT(tuple))->inhparent);
    systable_endscan(scan);
    return tables;
}

Datum array_of(const List *tables) {
    int count = list_length(tables);
    auto *oids = static_cast<Datum *>(palloc(sizeof(Datum) * static_cast<size_t>(count)));
    for (int i = 0; i < count; i++)
        oids[i] = ObjectIdGetDatum(list_nth_oid(tables, i));
    return PointerGetDatum(construct_array(oids, count, OIDOID, sizeof(Oid), true, TYPALIGN_INT));
}

// Nothing for a table that was dropped.
List *members_of(Oid root) {
    return SearchSysCacheExists1(RELOID, ObjectIdGetDatum(root)) ? find_all_inheritors(root, NoLock, nullptr) : NIL;
}

Use use_of(Oid table) {
    if (!ConditionalLockRelationOid(table, AccessShareLock))
        return Use::unknown;
    Relation relation = try_relation_open(table, NoLock);
    bool used = relation != nullptr && relation->rd_refcnt > 1;
    if (relation != nullptr)
        relation_close(relation, NoLock);
    UnlockRelationOid(table, AccessShareLock);
    return used ? Use::some : Use::none;
}

} // namespace

Datum tables_above(Oid table) {
    Relation inheritance = table_open(InheritsRelationId, AccessShareLock);
    List *tables = list_make1_oid(table);
    // The list grows while it is walked.
    for (int i = 0; i < list_length(tables); i++)
        tables = add_parents(tables, inheritance, list_nth_oid(tables, i));
    table_close(inheritance, AccessShareLock);
    return array_of(tables);
}

Datum tree_of(Oid root) {
    List *tables = members_of(root);
    list_sort(tables, list_oid_cmp);
    return array_of(tables);
}

Use use_of_tree(Oid root) {
    Use use = Use::none;
    ListCell *cell = nullptr;
    foreach (cell, members_of(root)) {
        Use here = use_of(lfirst_oid(cell));
        if (here == Use::some)
            return here;
        if (here == Use::unknown)
            use = here;
    }
    return use;
}

} // namespace leadscore::pg
