#pragma once
#include <stddef.h>

#ifdef __cplusplus
extern "C" {
#endif

/// A parser of simdjson with its memory, to be used by one thread.
typedef struct simdjson_dom simdjson_dom;

simdjson_dom *simdjson_dom_make(void);
void simdjson_dom_free(simdjson_dom *parser);

/// How many bytes after a text simdjson may read.
size_t simdjson_padding(void);

/// Parses a text into simdjson's tape; 0, or the number of its error.
int simdjson_dom_parse(simdjson_dom *parser, const char *text, size_t length);

/// The name of the vector instructions that simdjson has chosen on this machine.
const char *simdjson_implementation(void);

#ifdef __cplusplus
}
#endif
