// SPDX-License-Identifier: Apache-2.0
// Power board (boards/README.md section 3): its registers, and its milliseconds, which its parts live in turn.
//
// A grant looks for the first millisecond in which the board acts by itself, lets the quiet ones before it pass in one
// stride, lives that one as the page has it, and stops short there. Each part's functions are alike: `quiet_ms` are the
// milliseconds before the one in which it acts, below 1 where that is the next; `pass` lets quiet ones pass, at least one;
// `millisecond` lives one and returns what the part did by itself, as bits of STOP_CAUSE.

#include "battery.h"
#include "board.h"
#include "bus.h"
#include "computer.h"
#include "limiters.h"
#include "memory.h"
#include "quiet.h"
#include "windows.h"

void board_power_on(void)
{
    limiters_power_on();
    battery_power_on();
    bus_power_on();
    computer_power_on();
}

// ---------------------------------------------------------------- registers

static uint32_t actuators(void)
{
    uint32_t switches = flight[FLIGHT_SWITCHES];
    uint32_t strings = bus_overvoltage() ? 0 : flight[FLIGHT_STRING_ENABLE];
    uint32_t charge = battery_overcharged() ? 0 : switches & FLIGHT_SWITCHES_CHARGE_MASK;
    uint32_t heaters = switches & (FLIGHT_SWITCHES_BATTERY_HEATER_MASK | FLIGHT_SWITCHES_COOLANT_HEATER_MASK);
    uint32_t packs = (switches & (FLIGHT_SWITCHES_PACK0_MASK | FLIGHT_SWITCHES_PACK1_MASK)) >> FLIGHT_SWITCHES_PACK0_LOW;

    return limiters_on() | strings << STIMULUS_ACTUATORS_STRING_ON_LOW |
           (charge | heaters) << STIMULUS_ACTUATORS_CHARGE_LOW |
           (uint32_t)computer_is_on() << STIMULUS_ACTUATORS_COMPUTER_ON_LOW | packs << STIMULUS_ACTUATORS_PACK_ON_LOW;
}

static uint32_t status(void)
{
    return (uint32_t)battery_locked_out() << FLIGHT_STATUS_UVLO_LOW |
           (uint32_t)battery_overcharged() << FLIGHT_STATUS_OVERCHARGED_LOW |
           (uint32_t)bus_overvoltage() << FLIGHT_STATUS_OVERVOLTAGE_LOW |
           (uint32_t)bus_is_dead() << FLIGHT_STATUS_BUS_DEAD_LOW |
           (uint32_t)computer_boot_cause() << FLIGHT_STATUS_BOOT_CAUSE_LOW |
           (uint32_t)computer_watchdog_resets() << FLIGHT_STATUS_WATCHDOG_RESETS_LOW;
}

void board_refresh(void)
{
    stimulus[STIMULUS_ACTUATORS] = actuators();
    stimulus[STIMULUS_BOOT] =
        (uint32_t)computer_watchdog_resets() << STIMULUS_BOOT_WATCHDOG_RESETS_LOW | computer_boot_cause();
    flight[FLIGHT_STATUS] = status();
    flight[FLIGHT_LCL_STATUS] = limiters_on() | (uint32_t)limiters_tripped() << FLIGHT_LCL_STATUS_TRIPPED_LOW;
    memcpy(&flight[FLIGHT_BUS], &stimulus[STIMULUS_BUS], WORD_OCTETS * (FLIGHT_PACK_TEMPERATURE - FLIGHT_BUS + 1));
    flight[FLIGHT_LCL_ENABLE] = limiters_enabled();
    flight[FLIGHT_WATCHDOG_KICK] = computer_watchdog_left_ms();
}

static void write_switches(uint32_t word)
{
    flight[FLIGHT_SWITCHES] =
        word & ~(FLIGHT_SWITCHES_OVERCHARGE_CLEAR_MASK | FLIGHT_SWITCHES_OVERVOLTAGE_CLEAR_MASK);
    if (word & FLIGHT_SWITCHES_OVERCHARGE_CLEAR_MASK)
        battery_clear_overcharge();
    if (word & FLIGHT_SWITCHES_OVERVOLTAGE_CLEAR_MASK)
        bus_clear_overvoltage();
}

void board_write(unsigned index, uint32_t word)
{
    switch (index) {
    case FLIGHT_LCL_ENABLE:
        limiters_write_enable((uint8_t)word);
        break;
    case FLIGHT_SWITCHES:
        write_switches(word);
        break;
    case FLIGHT_WATCHDOG_KICK:
        computer_write_kick(word);
        break;
    case FLIGHT_WATCHDOG_MS:
        computer_write_watchdog_ms(word);
        break;
    default:
        flight[index] = word;
    }
}

const struct window board_windows[] = {WINDOW_RESET};
const unsigned board_window_count = 1;

// ---------------------------------------------------------------- time

static int32_t quiet_ms(void)
{
    return sooner(limiters_quiet_ms(), sooner(battery_quiet_ms(), bus_quiet_ms()));
}

static void pass(int32_t ms)
{
    limiters_pass(ms);
    battery_pass(ms);
    bus_pass(ms);
}

static uint32_t millisecond(void)
{
    uint32_t stop = limiters_millisecond();

    stop |= battery_millisecond();
    return stop | bus_millisecond();
}

uint32_t board_live(uint32_t ms)
{
    int32_t stride_ms = sooner(quiet_ms(), (int32_t)ms);

    if (stimulus[STIMULUS_STOP_CAUSE] != 0)
        return 0;
    if (stride_ms > 0)
        pass(stride_ms);
    else
        stride_ms = 0;
    if ((uint32_t)stride_ms == ms)
        return ms;
    stimulus[STIMULUS_STOP_CAUSE] = millisecond();
    return (uint32_t)stride_ms + 1;
}
