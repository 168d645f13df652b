// SPDX-License-Identifier: Apache-2.0
// replay.c - runs a fuzz target over files, without libFuzzer: what crashed once stays a test.
//
//   replay [-l] FILE...    -l: every line of the files is an input
//
// Layer: tests.
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void run(const char *bytes, size_t n)
{
    // A copy of exactly this size, so that a read behind its end is seen.
    uint8_t *copy = malloc(n ? n : 1);
    if (!copy)
        exit(1);
    memcpy(copy, bytes, n);
    LLVMFuzzerTestOneInput(copy, n);
    free(copy);
}

int main(int argc, char **argv)
{
    static char bytes[1 << 20];
    int lines = argc > 1 && !strcmp(argv[1], "-l");
    for (int i = 1 + lines; i < argc; i++) {
        FILE *file = fopen(argv[i], "rb");
        if (!file)
            return 1;
        size_t n = fread(bytes, 1, sizeof bytes, file);
        fclose(file);
        for (char *p = bytes; lines && p < bytes + n;) {
            char *end = memchr(p, '\n', (size_t)(bytes + n - p));
            if (!end)
                end = bytes + n;
            run(p, (size_t)(end - p));
            p = end + 1;
        }
        if (!lines)
            run(bytes, n);
    }
    return 0;
}
