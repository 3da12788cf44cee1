// zlib for gzip files. Its own `inflateInit2` and `deflateInit2` are macros, which Swift does not import; the rest is here so
// that no pointer of a z_stream has to be kept alive by Swift.

#pragma once

#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

// How a step ended.
enum { CS_GUNZIP_MORE = 0, CS_GUNZIP_END = 1, CS_GUNZIP_BAD = 2 };

typedef struct cs_gunzip {
    z_stream stream;
} cs_gunzip;

// Begins, for gzip and zlib data; NULL when there is no memory for it.
static inline cs_gunzip *cs_gunzip_begin(void) {
    cs_gunzip *state = (cs_gunzip *)calloc(1, sizeof(cs_gunzip));
    if (state == NULL) return NULL;
    if (inflateInit2(&state->stream, 15 + 32) != Z_OK) {
        free(state);
        return NULL;
    }
    return state;
}

// Takes bytes from `input` and gives bytes into `output`; both lengths are set to what is left and what was given.
static inline int cs_gunzip_step(cs_gunzip *state, const uint8_t *input, size_t *input_count, uint8_t *output,
                                 size_t *output_count) {
    state->stream.next_in = (Bytef *)input;
    state->stream.avail_in = (uInt)*input_count;
    state->stream.next_out = output;
    state->stream.avail_out = (uInt)*output_count;
    int code = inflate(&state->stream, Z_NO_FLUSH);
    *input_count = state->stream.avail_in;
    *output_count -= state->stream.avail_out;
    if (code == Z_STREAM_END) return CS_GUNZIP_END;
    return code == Z_OK || code == Z_BUF_ERROR ? CS_GUNZIP_MORE : CS_GUNZIP_BAD;
}

// Makes ready for the next member of the same file.
static inline void cs_gunzip_again(cs_gunzip *state) { inflateReset(&state->stream); }

static inline void cs_gunzip_end(cs_gunzip *state) {
    inflateEnd(&state->stream);
    free(state);
}

// How many bytes `count` bytes take at most, once they are a gzip file.
static inline size_t cs_gzip_bound(size_t count) { return compressBound(count) + 32; }

// Packs `count` bytes as a gzip file into `output`; how many bytes it has, or 0 when there is no memory or no room.
static inline size_t cs_gzip(const uint8_t *input, size_t count, uint8_t *output, size_t room) {
    z_stream stream;
    memset(&stream, 0, sizeof stream);
    // 1: fast. 15 + 16: the window of gzip, with gzip's own head and end. 8: zlib's usual memory.
    if (deflateInit2(&stream, 1, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY) != Z_OK) return 0;
    stream.next_in = (Bytef *)input;
    stream.avail_in = (uInt)count;
    stream.next_out = output;
    stream.avail_out = (uInt)room;
    int code = deflate(&stream, Z_FINISH);
    size_t written = room - stream.avail_out;
    deflateEnd(&stream);
    return code == Z_STREAM_END ? written : 0;
}
