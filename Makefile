# Builds, installs and checks the extension with PGXS:
#   make && make install && make installcheck
# CMakeLists.txt builds what needs no server (unit tests, fuzzers, benchmarks).

EXTENSION = pg_leadscore
EXTENSION_VERSION = $(shell sed -n "s/^default_version = '\(.*\)'/\1/p" $(EXTENSION).control)
MODULE_big = $(EXTENSION)

SOURCES = $(sort $(wildcard src/core/*.cpp src/pg/*/*.cpp src/functions/*.cpp))
PRIVATE_HEADERS = $(wildcard src/core/*.hpp src/pg/*/*.hpp src/functions/*.hpp)
OBJS = $(SOURCES:.cpp=.o)

# The install script is one file per topic, in the order of their numbers.
TOPICS = $(sort $(wildcard src/sql/*/*.sql)) src/sql/rights.sql
EXTENSION_SCRIPT = $(EXTENSION)--$(EXTENSION_VERSION).sql
DATA_built = $(EXTENSION_SCRIPT)

REGRESS = $(sort $(basename $(notdir $(wildcard sql/*.sql))))
REGRESS_OPTS = --load-extension=$(EXTENSION)

# SANITIZE=address,undefined and ASSERTIONS=1 make the build that the checks of scripts/test use.
PG_CPPFLAGS = -I$(srcdir)/src -DLEADSCORE_VERSION='"$(EXTENSION_VERSION)"'
PG_CXXFLAGS = -std=c++20 -Wall -Wextra -Werror -fvisibility=hidden -ffp-contract=off
SHLIB_LINK = -lstdc++
ifdef ASSERTIONS
PG_CPPFLAGS += -DLEADSCORE_ASSERTIONS -D_GLIBCXX_ASSERTIONS
endif
ifdef SANITIZE
PG_CXXFLAGS += -fsanitize=$(SANITIZE) -fno-sanitize-recover=all -fno-omit-frame-pointer
SHLIB_LINK += -fsanitize=$(SANITIZE)
endif

EXTRA_CLEAN = $(EXTENSION_SCRIPT) results regression.diffs regression.out

# Bitcode for JIT inlining would need a clang that knows C++20 on every machine that builds.
override with_llvm = no

PG_CONFIG ?= pg_config
PGXS := $(shell $(PG_CONFIG) --pgxs)
include $(PGXS)

$(OBJS): $(PRIVATE_HEADERS) Makefile

$(EXTENSION_SCRIPT): $(TOPICS) $(EXTENSION).control
	{ printf '%s\n' '\echo Use "CREATE EXTENSION $(EXTENSION)" to load this file. \quit'; cat /dev/null $(TOPICS); } > $@
