#pragma once

#include "pg/backend/postgres.hpp"

namespace leadscore::pg {

// Keys of an entity in the order of their type.
struct SortedKeys {
    TypeCacheEntry *type;
    int count;
    Datum *items;
};

// Of an array whose elements stand in their order.
inline SortedKeys sorted_keys(Datum array, Oid key_type) {
    SortedKeys keys{lookup_type_cache(key_type, TYPECACHE_CMP_PROC_FINFO), 0, nullptr};
    deconstruct_array(DatumGetArrayTypeP(array), key_type, keys.type->typlen, keys.type->typbyval, keys.type->typalign,
                      &keys.items, nullptr, &keys.count);
    return keys;
}

// Its place, or -1.
inline int find_key(const SortedKeys &keys, Datum key) {
    int low = 0;
    int high = keys.count;
    while (low < high) {
        int middle = low + (high - low) / 2;
        int order = DatumGetInt32(
            FunctionCall2Coll(&keys.type->cmp_proc_finfo, keys.type->typcollation, keys.items[middle], key));
        if (order == 0)
            return middle;
        if (order < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return -1;
}

} // namespace leadscore::pg
