#include "pg/backend/owner.hpp"

namespace leadscore::pg {

Oid extension_owner() {
    Oid schema = get_namespace_oid("leadscore_internal", false);
    HeapTuple tuple = SearchSysCache1(NAMESPACEOID, ObjectIdGetDatum(schema));
    if (!HeapTupleIsValid(tuple))
        elog(ERROR, "cache lookup failed for schema %u", schema);
    Oid owner = reinterpret_cast<Form_pg_namespace>(GETSTRUCT(tuple))->nspowner;
    ReleaseSysCache(tuple);
    return owner;
}

} // namespace leadscore::pg
