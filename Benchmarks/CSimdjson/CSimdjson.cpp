#include "CSimdjson.h"

#include <simdjson.h>

#include <string>

struct simdjson_dom {
    simdjson::dom::parser parser;
};

simdjson_dom *simdjson_dom_make(void) { return new simdjson_dom; }

void simdjson_dom_free(simdjson_dom *parser) { delete parser; }

size_t simdjson_padding(void) { return simdjson::SIMDJSON_PADDING; }

int simdjson_dom_parse(simdjson_dom *parser, const char *text, size_t length) {
    // The caller has allocated the padding, so nothing is copied.
    return parser->parser.parse(reinterpret_cast<const uint8_t *>(text), length, false).error();
}

const char *simdjson_implementation(void) {
    static const std::string name = simdjson::get_active_implementation()->name();
    return name.c_str();
}
