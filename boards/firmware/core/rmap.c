// SPDX-License-Identifier: Apache-2.0
// Judges commands for the two logical addresses of the board, carries them out and words the replies.

#include "rmap.h"

#include "crc8.h"
#include "memory.h"
#include "octets.h"
#include "windows.h"

// Instruction octet (ECSS-E-ST-50-52C, 5.1): packet type, command code, words of reply address.
enum {
    RESERVED_TYPE = 0x80,
    COMMAND = 0x40,
    WRITE = 0x20,
    VERIFY = 0x10,
    ASKS_REPLY = 0x08,
    INCREMENTING = 0x04,
    REPLY_ADDRESS_WORDS = 0x03,
    CODE = WRITE | VERIFY | ASKS_REPLY | INCREMENTING,
    READ_MODIFY_WRITE = VERIFY | ASKS_REPLY | INCREMENTING,
    VERIFY_WITHOUT_WRITE = VERIFY | ASKS_REPLY,
};

// Places in the headers (5.3.1, 5.3.2).
enum {
    TARGET_AT = 0, PROTOCOL_AT = 1, INSTRUCTION_AT = 2, KEY_AT = 3, INITIATOR_AT = 4, TRANSACTION_AT = 5,
    EXTENDED_AT = 7, ADDRESS_AT = 8, LENGTH_AT = 12, HEADER_OCTETS = 16,
    STATUS_AT = 3, REPLY_TARGET_AT = 4, WRITE_REPLY_OCTETS = 8, REPLY_LENGTH_AT = 8, READ_REPLY_HEADER_OCTETS = 12,
};

enum status {
    SUCCESS = 0,
    GENERAL_ERROR = 1,
    UNUSED_PACKET_TYPE_OR_COMMAND_CODE = 2,
    INVALID_KEY = 3,
    INVALID_DATA_CRC = 4,
    EARLY_END_OF_PACKET = 5,
    TOO_MUCH_DATA = 6,
    VERIFY_BUFFER_OVERRUN = 9,
    NOT_AUTHORISED = 10,
    READ_MODIFY_WRITE_LENGTH = 11,
    INVALID_TARGET_LOGICAL_ADDRESS = 12,
};

#define PROTOCOL_IDENTIFIER 1u
#define KEY 0x46u
#define LONGEST_ACCESS_OCTETS 1024u
#define LONGEST_VERIFIED_WRITE_OCTETS 4u

_Static_assert(LONGEST_ACCESS_OCTETS <= LONGEST_READ_OCTETS, "the reply holds what is read");

struct command {
    enum port port;
    uint8_t instruction;
    uint8_t code;
    bool extended;
    uint32_t address;
    uint32_t octets;                // the data length field
    const struct window *window;    // of a non-incrementing command that is allowed
};

static uint8_t reply[READ_REPLY_HEADER_OCTETS + LONGEST_READ_OCTETS + 1];

// ---------------------------------------------------------------- judge

static bool reply_due(const uint8_t *packet, size_t length)
{
    const unsigned form = COMMAND | ASKS_REPLY | REPLY_ADDRESS_WORDS;

    return length >= HEADER_OCTETS && packet[PROTOCOL_AT] == PROTOCOL_IDENTIFIER &&
           (packet[INSTRUCTION_AT] & form) == (COMMAND | ASKS_REPLY) && crc8(packet, HEADER_OCTETS) == 0;
}

static bool is_allowed(struct command *command)
{
    uint32_t octets = command->code == READ_MODIFY_WRITE ? WORD_OCTETS : command->octets;
    bool reads = command->code == (ASKS_REPLY | INCREMENTING);
    uint32_t end = command->port == STIMULUS ? STIMULUS_END : FLIGHT_END;
    uint32_t first = command->port == STIMULUS ? STIMULUS_WRITABLE_FROM : FLIGHT_WRITABLE_FROM;

    if (command->extended || command->address % WORD_OCTETS != 0 || octets % WORD_OCTETS != 0 || octets == 0)
        return false;
    if (!(command->code & INCREMENTING)) {
        command->window = window_at(command->port, command->address, octets, command->code & WRITE);
        return command->window != NULL;
    }
    return octets <= LONGEST_ACCESS_OCTETS && (reads || first <= command->address) && command->address < end &&
           octets <= end - command->address;
}

static enum status judge_header(const uint8_t *packet, struct command *command)
{
    uint8_t target = packet[TARGET_AT];

    command->port = target == STIMULUS_ADDRESS ? STIMULUS : FLIGHT;
    command->instruction = packet[INSTRUCTION_AT];
    command->code = command->instruction & CODE;
    command->extended = packet[EXTENDED_AT] != 0;
    command->address = word_at(packet + ADDRESS_AT);
    command->octets = word_at(packet + LENGTH_AT) >> 8;
    command->window = NULL;
    if (target != FLIGHT_ADDRESS && target != STIMULUS_ADDRESS)
        return INVALID_TARGET_LOGICAL_ADDRESS;
    if (command->instruction & RESERVED_TYPE || command->code == VERIFY_WITHOUT_WRITE)
        return UNUSED_PACKET_TYPE_OR_COMMAND_CODE;
    if (packet[KEY_AT] != KEY)
        return INVALID_KEY;
    if (command->code == READ_MODIFY_WRITE && command->octets != 2 * WORD_OCTETS)
        return READ_MODIFY_WRITE_LENGTH;
    if (command->code & WRITE && command->code & VERIFY && command->octets > LONGEST_VERIFIED_WRITE_OCTETS)
        return VERIFY_BUFFER_OVERRUN;
    return is_allowed(command) ? SUCCESS : NOT_AUTHORISED;
}

static enum status judge_data(const uint8_t *packet, size_t length, const struct command *command)
{
    bool has_data = command->code & (WRITE | VERIFY);
    size_t expected = has_data ? HEADER_OCTETS + command->octets + 1 : HEADER_OCTETS;

    if (length < expected)
        return EARLY_END_OF_PACKET;
    if (length > expected)
        return TOO_MUCH_DATA;
    if (has_data && crc8(packet + HEADER_OCTETS, command->octets + 1) != 0)
        return INVALID_DATA_CRC;
    return SUCCESS;
}

// ---------------------------------------------------------------- carry out

static void modify(const struct command *command, const uint8_t *data, uint8_t *old)
{
    uint8_t octets[WORD_OCTETS];
    unsigned index = command->address / WORD_OCTETS;
    uint32_t value = word_at(data), mask = word_at(data + WORD_OCTETS);

    core_read(command->port, index, 1, old);
    put_word(octets, (word_at(old) & ~mask) | (value & mask));
    core_write(command->port, index, 1, octets);
}

// `octets` takes what is read.
static enum status carry_out(const struct command *command, const uint8_t *data, uint8_t *octets)
{
    unsigned index = command->address / WORD_OCTETS, count = command->octets / WORD_OCTETS;

    if (command->window != NULL && command->code & WRITE)
        return command->window->write(data) ? SUCCESS : GENERAL_ERROR;
    if (command->window != NULL)
        command->window->read(octets);
    else if (command->code & WRITE)
        core_write(command->port, index, count, data);
    else if (command->code & VERIFY)
        modify(command, data, octets);
    else
        core_read(command->port, index, count, octets);
    return SUCCESS;
}

// ---------------------------------------------------------------- reply

static size_t word_reply(const uint8_t *packet, const struct command *command, enum status status)
{
    size_t octets = status != SUCCESS ? 0 : command->code == READ_MODIFY_WRITE ? WORD_OCTETS : command->octets;

    reply[0] = packet[INITIATOR_AT];
    reply[PROTOCOL_AT] = PROTOCOL_IDENTIFIER;
    reply[INSTRUCTION_AT] = command->instruction & (uint8_t)~(RESERVED_TYPE | COMMAND);
    reply[STATUS_AT] = (uint8_t)status;
    reply[REPLY_TARGET_AT] = packet[TARGET_AT];
    memcpy(reply + TRANSACTION_AT, packet + TRANSACTION_AT, 2);
    if (command->instruction & WRITE) {
        reply[WRITE_REPLY_OCTETS - 1] = crc8(reply, WRITE_REPLY_OCTETS - 1);
        return WRITE_REPLY_OCTETS;
    }
    put_word(reply + REPLY_LENGTH_AT - 1, (uint32_t)octets);   // a reserved octet 0, then 24 bits
    reply[READ_REPLY_HEADER_OCTETS - 1] = crc8(reply, READ_REPLY_HEADER_OCTETS - 1);
    reply[READ_REPLY_HEADER_OCTETS + octets] = crc8(reply + READ_REPLY_HEADER_OCTETS, octets);
    return READ_REPLY_HEADER_OCTETS + octets + 1;
}

size_t rmap_execute(const uint8_t *packet, size_t length, const uint8_t **answer)
{
    struct command command;
    enum status status;

    if (packet[TARGET_AT] == FLIGHT_ADDRESS && !powered)
        return 0;
    if (!reply_due(packet, length)) {
        core_count_dropped();
        return 0;
    }
    status = judge_header(packet, &command);
    if (status == SUCCESS)
        status = judge_data(packet, length, &command);
    if (status == SUCCESS)
        status = carry_out(&command, packet + HEADER_OCTETS, reply + READ_REPLY_HEADER_OCTETS);
    if (status != SUCCESS)
        core_count_rejected();
    *answer = reply;
    return word_reply(packet, &command, status);
}

void rmap_replied(void)
{
    if (window_reset_asked)
        core_power_on();
    window_reset_asked = false;
}
