#pragma once

// PostgreSQL's headers, the only place that includes them, and what differs between the supported versions.
// Include standard and Boost headers before this one: PostgreSQL's macros would break them.

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

#include "fmgr.h"
#include "funcapi.h"
#include "libpq/pqformat.h"
#include "mb/pg_wchar.h"
#include "miscadmin.h"
#include "utils/builtins.h"
#include "utils/timestamp.h"
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
