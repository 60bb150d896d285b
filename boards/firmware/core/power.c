// SPDX-License-Identifier: Apache-2.0
// Power board (boards/README.md section 3): limiters, the guards of battery and bus, the watchdog of the flight computer.
//
// A grant looks for the first millisecond in which the board acts by itself, lets the quiet ones before it pass in one
// stride, lives that one as the page has it, and stops short there.

#include "board.h"
#include "memory.h"
#include "quiet.h"
#include "windows.h"

#define LIMITERS 8u
#define ALWAYS_FED 7u   // attitude control and beacon: only a dead bus takes it away
#define SHED 0x7Fu
#define ALL 0xFFu
#define MOST_TRIPS 15u

enum {
    RETRY_MS = 1000,
    UVLO_ENTER_MS = 500,
    UVLO_EXIT_MS = 1000,
    OVERCHARGE_MS = 100,
    COMPUTER_OFF_MS = 1000,
    BUS_DEAD_MS = 10,
    BUS_BACK_MS = 60000,
};

#define KICK 0x4B49434Bu

enum boot_cause { BOOT_POWER_ON = 0, BOOT_WATCHDOG = 1, BOOT_DEAD_BUS = 2 };

static struct {
    uint8_t enabled, tripped;
    int32_t over_ms[LIMITERS], retry_ms[LIMITERS];
    uint8_t used[LIMITERS];   // retries
} lcl;

static struct {
    bool locked_out, overcharged;
    int32_t uv_ms, ov_ms;
} battery;

static struct {
    bool overvoltage, dead;
    int32_t dead_ms;
} bus;

static struct {
    bool on;
    int32_t off_ms, watchdog_ms;
    enum boot_cause boot_cause;
    uint8_t watchdog_resets;
} computer;

// What counts at present; the inputs stand still while a grant lasts.
static struct {
    uint8_t overloaded, waiting;   // limiters
    bool uv, ov, overvoltage, dead;
} counts;

void board_power_on(void)
{
    memset(&lcl, 0, sizeof lcl);
    memset(&battery, 0, sizeof battery);
    memset(&bus, 0, sizeof bus);
    memset(&computer, 0, sizeof computer);
    lcl.enabled = FLIGHT_LCL_ENABLE_RESET;
    computer.on = true;
    computer.watchdog_ms = FLIGHT_WATCHDOG_MS_RESET;
}

void board_reset(void)
{
    // This board has no switch before it.
}

// ---------------------------------------------------------------- registers

static uint8_t limiters_on(void)
{
    uint8_t on = lcl.enabled & (uint8_t)~lcl.tripped;

    return battery.locked_out ? on & 1u << ALWAYS_FED : on;
}

static uint32_t actuators(void)
{
    uint32_t switches = flight[FLIGHT_SWITCHES];
    uint32_t strings = bus.overvoltage ? 0 : flight[FLIGHT_STRING_ENABLE];
    uint32_t charge = battery.overcharged ? 0 : switches & FLIGHT_SWITCHES_CHARGE_MASK;
    uint32_t heaters = switches & (FLIGHT_SWITCHES_BATTERY_HEATER_MASK | FLIGHT_SWITCHES_COOLANT_HEATER_MASK);
    uint32_t packs = switches >> FLIGHT_SWITCHES_PACK0_LOW & 3;

    return limiters_on() | strings << STIMULUS_ACTUATORS_STRING_ON_LOW |
           (charge | heaters) << STIMULUS_ACTUATORS_CHARGE_LOW |
           (uint32_t)computer.on << STIMULUS_ACTUATORS_COMPUTER_ON_LOW | packs << STIMULUS_ACTUATORS_PACK_ON_LOW;
}

static uint32_t status(void)
{
    return (uint32_t)battery.locked_out << FLIGHT_STATUS_UVLO_LOW |
           (uint32_t)battery.overcharged << FLIGHT_STATUS_OVERCHARGED_LOW |
           (uint32_t)bus.overvoltage << FLIGHT_STATUS_OVERVOLTAGE_LOW |
           (uint32_t)bus.dead << FLIGHT_STATUS_BUS_DEAD_LOW |
           (uint32_t)computer.boot_cause << FLIGHT_STATUS_BOOT_CAUSE_LOW |
           (uint32_t)computer.watchdog_resets << FLIGHT_STATUS_WATCHDOG_RESETS_LOW;
}

void board_refresh(void)
{
    stimulus[STIMULUS_ACTUATORS] = actuators();
    stimulus[STIMULUS_BOOT] = (uint32_t)computer.watchdog_resets << STIMULUS_BOOT_WATCHDOG_RESETS_LOW | computer.boot_cause;
    flight[FLIGHT_STATUS] = status();
    flight[FLIGHT_LCL_STATUS] = limiters_on() | (uint32_t)lcl.tripped << FLIGHT_LCL_STATUS_TRIPPED_LOW;
    memcpy(&flight[FLIGHT_BUS], &stimulus[STIMULUS_BUS], WORD_OCTETS * (FLIGHT_PACK_TEMPERATURE - FLIGHT_BUS + 1));
    flight[FLIGHT_LCL_ENABLE] = lcl.enabled;
    flight[FLIGHT_WATCHDOG_KICK] = (uint32_t)computer.watchdog_ms;
}

static void disable(uint8_t limiters)
{
    lcl.enabled &= (uint8_t)~limiters;
    lcl.tripped &= (uint8_t)~limiters;
    for (unsigned i = 0; i < LIMITERS; i++)
        if (limiters >> i & 1)
            lcl.over_ms[i] = lcl.retry_ms[i] = lcl.used[i] = 0;
}

static void write_switches(uint32_t word)
{
    flight[FLIGHT_SWITCHES] =
        word & ~(FLIGHT_SWITCHES_OVERCHARGE_CLEAR_MASK | FLIGHT_SWITCHES_OVERVOLTAGE_CLEAR_MASK);
    if (word & FLIGHT_SWITCHES_OVERCHARGE_CLEAR_MASK) {
        battery.overcharged = false;
        battery.ov_ms = 0;
    }
    if (word & FLIGHT_SWITCHES_OVERVOLTAGE_CLEAR_MASK)
        bus.overvoltage = false;
}

void board_write(unsigned index, uint32_t word)
{
    switch (index) {
    case FLIGHT_LCL_ENABLE:
        disable(lcl.enabled & (uint8_t)~word);
        lcl.enabled = (uint8_t)word;
        break;
    case FLIGHT_SWITCHES:
        write_switches(word);
        break;
    case FLIGHT_WATCHDOG_KICK:
        if (word == KICK && computer.on)
            computer.watchdog_ms = (int32_t)flight[FLIGHT_WATCHDOG_MS];
        break;
    case FLIGHT_WATCHDOG_MS:
        flight[FLIGHT_WATCHDOG_MS] = word;
        computer.watchdog_ms = (int32_t)word;
        break;
    default:
        flight[index] = word;
    }
}

const struct window board_windows[] = {WINDOW_RESET};
const unsigned board_window_count = 1;

// ---------------------------------------------------------------- what acts, as the inputs are

static uint32_t load_current(unsigned limiter)
{
    uint32_t pair = stimulus[STIMULUS_LOAD_0_1 + limiter / 2];

    return limiter % 2 == 0 ? pair >> 16 : pair & 0xFFFF;
}

static int32_t trip_ms(unsigned limiter)
{
    int32_t ms = (int32_t)((flight[FLIGHT_LCL0 + limiter] & FLIGHT_LCL0_TRIP_MS_MASK) >> FLIGHT_LCL0_TRIP_MS_LOW);

    return ms > 0 ? ms : 1;
}

static bool is_overloaded(unsigned limiter)
{
    return (limiters_on() >> limiter & 1) && load_current(limiter) > (flight[FLIGHT_LCL0 + limiter] & FLIGHT_LCL0_LIMIT_MASK);
}

static bool is_waiting(unsigned limiter)
{
    return (lcl.tripped >> limiter & 1) && lcl.used[limiter] < flight[FLIGHT_LCL0 + limiter] >> FLIGHT_LCL0_RETRIES_LOW;
}

static bool uv_counts(void)
{
    uint32_t voltage = stimulus[STIMULUS_BATTERY] >> STIMULUS_BATTERY_VOLTAGE_LOW, uvlo = flight[FLIGHT_UVLO];

    return battery.locked_out ? voltage > uvlo >> FLIGHT_UVLO_RELEASE_LOW : voltage < (uvlo & FLIGHT_UVLO_LIMIT_MASK);
}

static bool ov_counts(void)
{
    return !battery.overcharged && stimulus[STIMULUS_BATTERY] >> STIMULUS_BATTERY_VOLTAGE_LOW > flight[FLIGHT_OVERCHARGE];
}

static bool overvoltage_acts(void)
{
    uint32_t voltage = stimulus[STIMULUS_BUS] >> STIMULUS_BUS_VOLTAGE_LOW;

    return !bus.overvoltage && voltage > flight[FLIGHT_BUS_LIMITS] >> FLIGHT_BUS_LIMITS_OVERVOLTAGE_LOW;
}

static bool dead_counts(void)
{
    uint32_t voltage = stimulus[STIMULUS_BUS] >> STIMULUS_BUS_VOLTAGE_LOW;
    bool below = voltage < (flight[FLIGHT_BUS_LIMITS] & FLIGHT_BUS_LIMITS_DEAD_MASK);

    return below != bus.dead;
}

// ---------------------------------------------------------------- quiet milliseconds

static int32_t computer_quiet_ms(void)
{
    if (bus.dead)
        return NEVER_MS;
    if (!computer.on)
        return computer.off_ms - 1;
    return flight[FLIGHT_WATCHDOG_MS] != 0 ? computer.watchdog_ms - 1 : NEVER_MS;
}

// Finds what counts at present; returns the milliseconds before the one in which the board acts; below 1: the next one.
static int32_t look_ahead(void)
{
    int32_t quiet_ms = computer_quiet_ms();

    memset(&counts, 0, sizeof counts);
    for (unsigned i = 0; i < LIMITERS; i++)
        if (is_overloaded(i)) {
            counts.overloaded |= (uint8_t)(1u << i);
            quiet_ms = sooner(quiet_ms, trip_ms(i) - lcl.over_ms[i] - 1);
        } else if (is_waiting(i)) {
            counts.waiting |= (uint8_t)(1u << i);
            quiet_ms = sooner(quiet_ms, RETRY_MS - lcl.retry_ms[i] - 1);
        }
    counts.uv = uv_counts();
    counts.ov = ov_counts();
    counts.overvoltage = overvoltage_acts();
    counts.dead = dead_counts();
    if (counts.uv)
        quiet_ms = sooner(quiet_ms, (battery.locked_out ? UVLO_EXIT_MS : UVLO_ENTER_MS) - battery.uv_ms - 1);
    if (counts.ov)
        quiet_ms = sooner(quiet_ms, OVERCHARGE_MS - battery.ov_ms - 1);
    if (counts.dead)
        quiet_ms = sooner(quiet_ms, (bus.dead ? BUS_BACK_MS : BUS_DEAD_MS) - bus.dead_ms - 1);
    return counts.overvoltage ? sooner(quiet_ms, 0) : quiet_ms;
}

// Lets milliseconds pass, at least one, in which the board does nothing but count.
static void pass(int32_t ms)
{
    for (unsigned i = 0; i < LIMITERS; i++) {
        lcl.over_ms[i] = counts.overloaded >> i & 1 ? lcl.over_ms[i] + ms : 0;
        if (counts.waiting >> i & 1)
            lcl.retry_ms[i] += ms;
    }
    battery.uv_ms = counts.uv ? battery.uv_ms + ms : 0;
    battery.ov_ms = counts.ov ? battery.ov_ms + ms : 0;
    bus.dead_ms = counts.dead ? bus.dead_ms + ms : 0;
    if (bus.dead)
        return;
    if (!computer.on)
        computer.off_ms -= ms;
    else if (flight[FLIGHT_WATCHDOG_MS] != 0)
        computer.watchdog_ms -= ms;
}

// ---------------------------------------------------------------- one millisecond, as boards/README.md has it
// Each function returns what the board did by itself, as bits of STOP_CAUSE.

static void count_trip(unsigned limiter)
{
    if ((flight[FLIGHT_LCL_TRIPS] >> 4 * limiter & MOST_TRIPS) < MOST_TRIPS)
        flight[FLIGHT_LCL_TRIPS] += 1u << 4 * limiter;
}

static uint32_t limit(unsigned limiter)
{
    uint8_t bit = (uint8_t)(1u << limiter);

    if (is_overloaded(limiter)) {
        if (++lcl.over_ms[limiter] < trip_ms(limiter))
            return 0;
        lcl.tripped |= bit;
        lcl.over_ms[limiter] = lcl.retry_ms[limiter] = 0;
        count_trip(limiter);
        return STIMULUS_STOP_CAUSE_LCL_TRIP_MASK;
    }
    lcl.over_ms[limiter] = 0;
    if (!is_waiting(limiter) || ++lcl.retry_ms[limiter] != RETRY_MS)
        return 0;
    lcl.retry_ms[limiter] = 0;
    lcl.used[limiter]++;
    lcl.tripped &= (uint8_t)~bit;
    return STIMULUS_STOP_CAUSE_LCL_RETRY_MASK;
}

static uint32_t guard_from_undervoltage(void)
{
    battery.uv_ms = uv_counts() ? battery.uv_ms + 1 : 0;
    if (battery.uv_ms != (battery.locked_out ? UVLO_EXIT_MS : UVLO_ENTER_MS))
        return 0;
    battery.uv_ms = 0;
    battery.locked_out = !battery.locked_out;
    if (!battery.locked_out)
        return STIMULUS_STOP_CAUSE_UVLO_EXIT_MASK;
    disable(SHED);
    return STIMULUS_STOP_CAUSE_UVLO_ENTER_MASK;
}

static uint32_t guard_from_overcharge(void)
{
    battery.ov_ms = ov_counts() ? battery.ov_ms + 1 : 0;
    if (battery.ov_ms != OVERCHARGE_MS)
        return 0;
    battery.ov_ms = 0;
    battery.overcharged = true;
    return STIMULUS_STOP_CAUSE_OVERCHARGE_MASK;
}

static uint32_t start_computer(void)
{
    computer.on = true;
    computer.watchdog_ms = (int32_t)flight[FLIGHT_WATCHDOG_MS];
    return STIMULUS_STOP_CAUSE_COMPUTER_ON_MASK;
}

// Takes the computer's power away; what it had switched goes back to its reset value.
static void stop_computer(enum boot_cause cause, uint8_t limiters)
{
    computer.on = false;
    computer.watchdog_ms = 0;
    computer.boot_cause = cause;
    disable(limiters);
    flight[FLIGHT_STRING_ENABLE] = FLIGHT_STRING_ENABLE_RESET;
    flight[FLIGHT_SWITCHES] = FLIGHT_SWITCHES_RESET;
}

static uint32_t watch_computer(void)
{
    if (!computer.on)
        return --computer.off_ms == 0 ? start_computer() : 0;
    if (flight[FLIGHT_WATCHDOG_MS] == 0)
        return 0;
    if (computer.watchdog_ms > 1) {
        computer.watchdog_ms--;
        return 0;
    }
    computer.watchdog_resets++;
    computer.off_ms = COMPUTER_OFF_MS;
    stop_computer(BOOT_WATCHDOG, SHED);
    return STIMULUS_STOP_CAUSE_WATCHDOG_MASK;
}

static uint32_t await_bus(void)
{
    if (bus.dead_ms != BUS_BACK_MS)
        return 0;
    bus.dead = false;
    bus.dead_ms = 0;
    lcl.enabled |= 1u << ALWAYS_FED;
    return start_computer();
}

static uint32_t watch_bus(void)
{
    uint32_t stop = overvoltage_acts() ? STIMULUS_STOP_CAUSE_OVERVOLTAGE_MASK : 0;

    if (stop != 0)
        bus.overvoltage = true;
    bus.dead_ms = dead_counts() ? bus.dead_ms + 1 : 0;
    if (bus.dead)
        return stop | await_bus();
    if (bus.dead_ms != BUS_DEAD_MS)
        return stop | watch_computer();
    bus.dead = true;
    bus.dead_ms = 0;
    bus.overvoltage = false;
    stop_computer(BOOT_DEAD_BUS, ALL);
    return stop | STIMULUS_STOP_CAUSE_BUS_DEAD_MASK;
}

static uint32_t millisecond(void)
{
    uint32_t stop = 0;

    for (unsigned i = 0; i < LIMITERS; i++)
        stop |= limit(i);
    stop |= guard_from_undervoltage();
    stop |= guard_from_overcharge();
    return stop | watch_bus();
}

uint32_t board_live(uint32_t ms)
{
    int32_t quiet_ms;

    if (stimulus[STIMULUS_STOP_CAUSE] != 0)
        return 0;
    quiet_ms = look_ahead();
    if ((int32_t)ms <= quiet_ms) {
        pass((int32_t)ms);
        return ms;
    }
    if (quiet_ms > 0)
        pass(quiet_ms);
    stimulus[STIMULUS_STOP_CAUSE] = millisecond();
    return quiet_ms > 0 ? (uint32_t)quiet_ms + 1 : 1;
}
