#pragma once
#include <zstd.h>
// The trainer with settings of its own is in the library, but declared only on request.
#define ZDICT_STATIC_LINKING_ONLY
#include <zdict.h>
