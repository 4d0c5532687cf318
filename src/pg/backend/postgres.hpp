#pragma once

// PostgreSQL's headers, the only place that includes them, and what differs between the supported versions.
// Include standard and Boost headers before this one: PostgreSQL's macros would break them.

#include <cstdlib>

#ifdef LEADSCORE_CORE_ONLY
#error "src/core must not include PostgreSQL's headers"
#endif

#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wunused-parameter"
#pragma GCC diagnostic ignored "-Wsign-compare"
#pragma GCC diagnostic ignored "-Wmissing-field-initializers"
#pragma GCC diagnostic ignored "-Wpedantic"
#pragma GCC diagnostic ignored "-Wregister"
#pragma GCC diagnostic ignored "-Wvolatile"

extern "C" {
#include "postgres.h"

#include "access/detoast.h"
#include "access/genam.h"
#include "access/htup_details.h"
#include "access/relation.h"
#include "access/table.h"
#include "access/tableam.h"
#include "access/transam.h"
#include "access/tupconvert.h"
#include "access/xact.h"
#include "catalog/namespace.h"
#include "catalog/pg_am.h"
#include "catalog/pg_inherits.h"
#include "catalog/pg_namespace.h"
#include "catalog/pg_operator.h"
#include "catalog/pg_proc.h"
#include "catalog/pg_type.h"
#include "commands/event_trigger.h"
#include "commands/trigger.h"
#include "executor/executor.h"
#include "executor/nodeHash.h"
#include "executor/nodeModifyTable.h"
#include "executor/spi.h"
#include "executor/tstoreReceiver.h"
#include "common/keywords.h"
#include "fmgr.h"
#include "funcapi.h"
#include "libpq/pqformat.h"
#include "common/hashfn.h"
#include "utils/sortsupport.h"
#include "mb/pg_wchar.h"
#include "miscadmin.h"
#include "nodes/makefuncs.h"
#include "nodes/nodeFuncs.h"
#include "tcop/pquery.h"
#include "optimizer/optimizer.h"
#include "parser/parse_coerce.h"
#include "parser/parse_collate.h"
#include "parser/parse_expr.h"
#include "parser/parse_relation.h"
#include "parser/parsetree.h"
#include "parser/parser.h"
#include "parser/scanner.h"
#include "storage/lmgr.h"
#include "storage/procarray.h"
#include "tcop/pquery.h"
#include "utils/acl.h"
#include "utils/builtins.h"
#include "utils/fmgrprotos.h"
#include "utils/datum.h"
#include "utils/float.h"
#include "utils/fmgroids.h"
#include "utils/guc.h"
#include "utils/inval.h"
#include "utils/varlena.h"
#include "utils/lsyscache.h"
#include "utils/memutils.h"
#include "utils/portal.h"
#include "utils/rel.h"
#include "utils/rls.h"
#include "utils/ruleutils.h"
#include "utils/snapmgr.h"
#include "utils/syscache.h"
#include "utils/timestamp.h"
#include "utils/tuplestore.h"
#include "utils/typcache.h"
#include "utils/xid8.h"
}

#pragma GCC diagnostic pop

// Before version 16 the macro says nothing, and our symbols are hidden unless they say otherwise.
#if PG_VERSION_NUM < 160000
#undef PGDLLEXPORT
#define PGDLLEXPORT __attribute__((visibility("default")))
#endif

// PostgreSQL 18's own definition leaves a member out, and g++ warns where the macro is used.
#if PG_VERSION_NUM >= 180000
#undef PG_MODULE_MAGIC
#define PG_MODULE_MAGIC PG_MODULE_MAGIC_EXT(.name = "pg_leadscore", .version = LEADSCORE_VERSION)
#endif

// PostgreSQL's own printf family are macros. Newer Boost headers name std::snprintf, and may well come later.
#undef snprintf
#undef vsnprintf
#undef sprintf
#undef vsprintf
#undef fprintf
#undef vfprintf
#undef printf
#undef vprintf

static_assert(PG_VERSION_NUM >= 150000, "pg_leadscore needs PostgreSQL 15 or later");

// What a check hook hands to its assign hook must come from the allocator that the GUC machinery frees with.
inline void *allocate_setting_extra(size_t size) {
#if PG_VERSION_NUM >= 160000
    return guc_malloc(LOG, size);
#else
    return malloc(size);
#endif
}

// Also after an update: that it is one would only be a hint, and asks for what the statement names.
inline void insert_index_tuples(ResultRelInfo *relation, TupleTableSlot *slot, EState *estate,
                                bool only_summarizing = false) {
#if PG_VERSION_NUM >= 160000
    ExecInsertIndexTuples(relation, slot, estate, false, false, nullptr, NIL, only_summarizing);
#else
    (void)only_summarizing;
    ExecInsertIndexTuples(relation, slot, estate, false, false, nullptr, NIL);
#endif
}

// Waits for transactions that are about to insert the same.
inline bool meets_unique_indexes(ResultRelInfo *relation, TupleTableSlot *slot, EState *estate) {
    ItemPointerData conflict;
#if PG_VERSION_NUM >= 180000
    ItemPointerData none;
    ItemPointerSetInvalid(&none);
    return ExecCheckIndexConstraints(relation, slot, estate, &conflict, &none, NIL);
#else
    return ExecCheckIndexConstraints(relation, slot, estate, &conflict, NIL);
#endif
}

inline void insert_tuple(ResultRelInfo *relation, TupleTableSlot *slot, EState *estate) {
    simple_table_tuple_insert(relation->ri_RelationDesc, slot);
    insert_index_tuples(relation, slot, estate);
}

inline void update_tuple(ResultRelInfo *relation, ItemPointer place, TupleTableSlot *slot, EState *estate,
                         Snapshot snapshot) {
#if PG_VERSION_NUM >= 160000
    TU_UpdateIndexes indexes = TU_None;
    simple_table_tuple_update(relation->ri_RelationDesc, place, slot, snapshot, &indexes);
    if (indexes != TU_None)
        insert_index_tuples(relation, slot, estate, indexes == TU_Summarizing);
#else
    bool indexes = false;
    simple_table_tuple_update(relation->ri_RelationDesc, place, slot, snapshot, &indexes);
    if (indexes)
        insert_index_tuples(relation, slot, estate);
#endif
}

inline IndexScanDesc begin_index_scan(Relation table, Relation index, Snapshot snapshot, int keys) {
#if PG_VERSION_NUM >= 180000
    return index_beginscan(table, index, snapshot, nullptr, keys, 0);
#else
    return index_beginscan(table, index, snapshot, keys, 0);
#endif
}

inline Oid primary_key_index(Relation table) {
#if PG_VERSION_NUM >= 180000
    return RelationGetPrimaryKeyIndex(table, false);
#else
    return RelationGetPrimaryKeyIndex(table);
#endif
}

// PostgreSQL 15 declares the callback without its arguments, which C++ takes literally.
inline bool walk_expression(Node *node, bool (*visit)(Node *, void *), void *context) {
#if PG_VERSION_NUM >= 160000
    return expression_tree_walker(node, visit, context);
#else
    return expression_tree_walker(node, reinterpret_cast<bool (*)()>(reinterpret_cast<void *>(visit)), context);
#endif
}

inline bool walk_raw_expression(Node *node, bool (*visit)(Node *, void *), void *context) {
#if PG_VERSION_NUM >= 160000
    return raw_expression_tree_walker(node, visit, context);
#else
    return raw_expression_tree_walker(node, reinterpret_cast<bool (*)()>(reinterpret_cast<void *>(visit)), context);
#endif
}
