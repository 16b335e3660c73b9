#pragma once
// OpenSSL's digests; libpq stands on the same library.
#include <openssl/evp.h>
