#pragma once

#include <type_traits>

#include "pg/backend/postgres.hpp"

namespace leadscore::pg {

// It stays in the memory context that it was made in. PostgreSQL's errors jump past it, so it must not need a
// destructor.
template <typename Item> struct GrowingArray {
    static_assert(std::is_trivially_copyable_v<Item>);

    Item *items;
    int count;
    int capacity;

    const Item *begin() const { return items; }
    const Item *end() const { return items + count; }
};

template <typename Item> GrowingArray<Item> growing_array(int capacity = 8) {
    return {static_cast<Item *>(palloc(sizeof(Item) * static_cast<Size>(capacity))), 0, capacity};
}

template <typename Item> void append(GrowingArray<Item> *array, const Item &item) {
    if (array->count == array->capacity) {
        array->capacity *= 2;
        array->items =
            static_cast<Item *>(repalloc_huge(array->items, sizeof(Item) * static_cast<Size>(array->capacity)));
    }
    array->items[array->count++] = item;
}

} // namespace leadscore::pg
