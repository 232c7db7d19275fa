/* The limit: Codec 8 frames found, checked and walked by plain C, every kept cell written.
 *
 * No policy beyond a table of slots, no private mode, no taking back, no accounting: what no decoder
 * of these bytes can do much faster without other instructions.  Compiled by plain.py when measured.
 */
#include <stddef.h>
#include <stdint.h>
#include <string.h>

static uint16_t table[8][256];

void prepare(void) {
    for (int byte = 0; byte < 256; byte++) {
        uint16_t crc = (uint16_t)byte;
        for (int bit = 0; bit < 8; bit++) crc = (uint16_t)((crc >> 1) ^ (crc & 1 ? 0xA001 : 0));
        table[0][byte] = crc;
    }
    for (int step = 1; step < 8; step++)
        for (int byte = 0; byte < 256; byte++) {
            uint16_t crc = table[step - 1][byte];
            table[step][byte] = (uint16_t)(table[0][crc & 255] ^ (crc >> 8));
        }
}

static uint16_t by_tables(uint16_t crc, const uint8_t *at, size_t size) {
    while (size >= 8) {
        crc = (uint16_t)(table[7][at[0] ^ (crc & 255)] ^ table[6][at[1] ^ (crc >> 8)] ^
                         table[5][at[2]] ^ table[4][at[3]] ^ table[3][at[4]] ^ table[2][at[5]] ^
                         table[1][at[6]] ^ table[0][at[7]]);
        at += 8;
        size -= 8;
    }
    while (size--) crc = (uint16_t)(table[0][*at++ ^ (crc & 255)] ^ (crc >> 8));
    return crc;
}

/* As the walk does it: words but the last sixteen are added 1, 14 and 16 words later. */
static uint16_t crc_of(const uint8_t *at, size_t size) {
    if (size < 256) return by_tables(0, at, size);
    uint64_t ring[16] = {0}, rest[16], word = 0, next;
    size_t place = 0, folded = size / 8 - 16;
    for (; folded; folded--, at += 8, place = (place + 1) & 15) {
        memcpy(&next, at, 8);
        word ^= next ^ ring[place] ^ ring[(place + 2) & 15];
        ring[place] = word;
    }
    for (size_t n = 0; n < 16; n++, at += 8, place = (place + 1) & 15) {
        memcpy(&next, at, 8);
        rest[n] = next ^ word ^ ring[place] ^ (n < 14 ? ring[(place + 2) & 15] : 0);
        word = 0;
    }
    return by_tables(by_tables(0, (const uint8_t *)rest, sizeof rest), at, size % 8);
}

static uint16_t u16(const uint8_t *at) { return (uint16_t)(at[0] << 8 | at[1]); }
static uint32_t u32(const uint8_t *at) { return (uint32_t)u16(at) << 16 | u16(at + 2); }
static uint64_t u64(const uint8_t *at) { return (uint64_t)u32(at) << 32 | u32(at + 4); }

enum { SLOTS = 32, ROWS = 4096 };
struct columns {
    uint64_t time[ROWS];
    uint32_t longitude[ROWS], latitude[ROWS];
    uint16_t altitude[ROWS], angle[ROWS], speed[ROWS];
    uint8_t priority[ROWS], satellites[ROWS];
    uint64_t cell[SLOTS][ROWS];
    uint8_t mark[SLOTS][ROWS];
};
static struct columns columns;

/* Records of the frames in data; -1 where one is wrong.  slots[256 * group + id]: a slot, or -1. */
long walked(const uint8_t *data, size_t size, const int8_t *slots, int check) {
    const uint8_t *at = data, *end = data + size;
    long records = 0;
    while (end - at >= 12) {
        uint32_t length = u32(at + 4);
        if (u32(at) || length > (size_t)(end - at) - 12) return -1;
        const uint8_t *body = at + 8, *stop = body + length - 1;
        if (check && crc_of(body, length) != u16(stop + 3)) return -1;
        if (body[0] != 8 || body[1] != *stop) return -1;
        const uint8_t *pos = body + 2;
        for (int left = body[1]; left; left--) {
            size_t row = (size_t)(records++ % ROWS);
            if (stop - pos < 30) return -1;
            columns.time[row] = u64(pos);
            columns.priority[row] = pos[8];
            columns.longitude[row] = u32(pos + 9);
            columns.latitude[row] = u32(pos + 13);
            columns.altitude[row] = u16(pos + 17);
            columns.angle[row] = u16(pos + 19);
            columns.satellites[row] = pos[21];
            columns.speed[row] = u16(pos + 22);
            pos += 26;
            for (int group = 0; group < 4; group++) {
                int width = 1 << group, members = *pos++;
                if (stop - pos < members * (1 + width)) return -1;
                for (; members; members--, pos += 1 + width) {
                    int slot = slots[256 * group + pos[0]];
                    if (slot < 0) continue;
                    columns.cell[slot][row] = group == 0   ? pos[1]
                                              : group == 1 ? u16(pos + 1)
                                              : group == 2 ? u32(pos + 1)
                                                           : u64(pos + 1);
                    columns.mark[slot][row] = 1;
                }
            }
        }
        if (pos != stop) return -1;
        at = stop + 5;
    }
    return records;
}
