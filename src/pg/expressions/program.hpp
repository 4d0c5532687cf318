#pragma once

#include "pg/backend/kept.hpp"
#include "pg/backend/postgres.hpp"

namespace leadscore::pg {

// A source's published rules, compiled for this backend: what a changed row of its table gives to whom.

struct Link {
    ExprState *key;
    ExprState *filter;
};

struct Term {
    const char *rule;
    ExprState *points;
    ExprState *filter;
};

// A component, as writers know it.
struct Component {
    int component;
    int score;
    bool building; // of a version that nobody reads yet
    bool fails;    // on_error => 'fail'
    Oid pending;   // the table to append to
};

// What one source gives to one component. Branches of one score and entity stand together (group), the one that
// counts an activity is the first that matches it.
struct Branch : Component {
    int number;
    Oid root;         // the source's table, of whose tree the program's is a member
    Oid records;      // where the criterion is recorded when it first holds, instead of a delta
    int criterion;    // and its number
    bool is_timeless; // without a time of its own
    int group;
    const char *problem; // why it could not be compiled; the score is broken
    int problem_sqlstate;
    int64 ahead;  // microseconds that activities count before they occur
    bool counted; // whether its facts are activities
    bool marks;   // a limit: an activity may displace others
    Oid key_type;
    int16 key_length;
    bool key_by_value;
    bool key_is_int4;
    bool key_is_int8;
    FmgrInfo *key_equality;
    FmgrInfo *key_order;
    Oid key_collation;
    ExprState *occurred_at;
    ExprState *filter;
    int link_count;
    Link *links;
    int term_count;
    Term *terms;
};

struct Program : Kept {
    int source;
    Oid relation; // the source's table, or a partition or child of it
    Oid owner;    // of the source's table: whose rights expressions have
    bool depends_on_surroundings;
    int group_count;
    int branch_count;
    Branch *branches;
};

// The program of a source, compiled anew after a change of the table or of what is published; an unknown source has no
// branches. It stands as acquire_kept() says.
Program *acquire_program(int source, Relation relation);

} // namespace leadscore::pg
