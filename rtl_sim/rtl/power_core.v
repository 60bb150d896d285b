// SPDX-License-Identifier: Apache-2.0
// The power board's own behaviour: limiters, guards of battery and bus, watchdog (boards/README.md section 3).
`default_nettype none

module power_core (
    input  wire        clk,
    input  wire        rst,

    // registers
    input  wire        reg_stimulus,
    input  wire [12:0] reg_address,
    input  wire        reg_read,
    output reg         reg_valid,
    output wire [31:0] reg_rdata,
    input  wire        reg_write,
    input  wire [31:0] reg_wdata,

    // time
    input  wire        ms_tick,
    input  wire [9:0]  ms_count,
    /* verilator lint_off UNUSEDSIGNAL */
    input  wire [31:0] ms_start,
    /* verilator lint_on UNUSEDSIGNAL */
    output reg  [9:0]  ms_batch,
    output wire        core_busy,
    output wire        stop,
    output wire        powered,

    // no TX FIFO here
    input  wire        fifo_check,
    output reg         fifo_answer_valid,
    output wire [1:0]  fifo_answer,
    /* verilator lint_off UNUSEDSIGNAL */
    input  wire        fifo_write
    /* verilator lint_on UNUSEDSIGNAL */
);

    `include "power.vh"

    localparam [31:0] KICK            = 32'h4B49434B;
    localparam [9:0]  UVLO_ENTER_MS   = 10'd500;
    localparam [9:0]  UVLO_EXIT_MS    = 10'd1000;
    localparam [6:0]  OVERCHARGE_MS   = 7'd100;
    localparam [9:0]  COMPUTER_OFF_MS = 10'd1000;
    localparam [15:0] BUS_DEAD_MS     = 16'd10;
    localparam [15:0] BUS_BACK_MS     = 16'd60000;
    localparam [7:0]  WATCHDOG_BOOT   = 8'd1;
    localparam [7:0]  DEAD_BUS_BOOT   = 8'd2;

    localparam [15:0] LONGEST_BATCH   = 16'd1023;

    assign powered = 1'b1;

    // ------------------------------------------------------------------ writes: who is meant
    wire write_flight   = reg_write && !reg_stimulus;
    wire write_stimulus = reg_write && reg_stimulus;

    wire write_lcl_enable    = write_flight && reg_address == FLIGHT_LCL_ENABLE;
    wire write_string_enable = write_flight && reg_address == FLIGHT_STRING_ENABLE;
    wire write_switches      = write_flight && reg_address == FLIGHT_SWITCHES;
    wire write_kick          = write_flight && reg_address == FLIGHT_WATCHDOG_KICK && reg_wdata == KICK;
    wire write_watchdog_ms   = write_flight && reg_address == FLIGHT_WATCHDOG_MS;
    wire write_uvlo          = write_flight && reg_address == FLIGHT_UVLO;
    wire write_overcharge    = write_flight && reg_address == FLIGHT_OVERCHARGE;
    wire write_bus_limits    = write_flight && reg_address == FLIGHT_BUS_LIMITS;
    wire write_stop_cause    = write_stimulus && reg_address == STIMULUS_STOP_CAUSE;
    wire write_bus           = write_stimulus && reg_address == STIMULUS_BUS;
    wire write_battery       = write_stimulus && reg_address == STIMULUS_BATTERY;

    // ------------------------------------------------------------------ battery guards
    reg [15:0] battery_voltage;
    reg [15:0] uvlo_limit;
    reg [15:0] uvlo_release;
    reg [15:0] overcharge_limit;
    reg        uvlo;
    reg [9:0]  uvlo_ms;
    reg        overcharged;
    reg [6:0]  overcharge_ms;

    wire uvlo_counts  = uvlo ? battery_voltage > uvlo_release : battery_voltage < uvlo_limit;
    wire uvlo_acts    = ms_tick && uvlo_counts && uvlo_ms == (uvlo ? UVLO_EXIT_MS : UVLO_ENTER_MS) - 10'd1;
    wire uvlo_enters  = uvlo_acts && !uvlo;
    wire uvlo_exits   = uvlo_acts && uvlo;

    wire overcharge_counts = !overcharged && battery_voltage > overcharge_limit;
    wire overcharge_acts   = ms_tick && overcharge_counts && overcharge_ms == OVERCHARGE_MS - 7'd1;

    always @(posedge clk)
        if (rst) begin
            battery_voltage  <= 16'd0;
            uvlo_limit       <= 16'd0;
            uvlo_release     <= 16'd0;
            overcharge_limit <= 16'hFFFF;
        end else begin
            if (write_battery) battery_voltage <= reg_wdata[31:16];
            if (write_uvlo) {uvlo_release, uvlo_limit} <= reg_wdata;
            if (write_overcharge) overcharge_limit <= reg_wdata[15:0];
        end

    always @(posedge clk)
        if (rst) begin
            uvlo    <= 1'b0;
            uvlo_ms <= 10'd0;
        end else if (ms_tick) begin
            uvlo    <= uvlo ^ uvlo_acts;
            uvlo_ms <= uvlo_counts && !uvlo_acts ? uvlo_ms + 10'd1 : 10'd0;
        end

    always @(posedge clk)
        if (rst || (write_switches && reg_wdata[3])) begin
            overcharged   <= 1'b0;
            overcharge_ms <= 7'd0;
        end else if (ms_tick) begin
            overcharged   <= overcharged || overcharge_acts;
            overcharge_ms <= overcharge_counts && !overcharge_acts ? overcharge_ms + 7'd1 : 7'd0;
        end

    // ------------------------------------------------------------------ bus guards
    reg [15:0] bus_voltage;
    reg [15:0] overvoltage_limit;
    reg [15:0] dead_limit;
    reg        overvoltage;
    reg        bus_dead;
    reg [15:0] dead_ms;                // below the limit; while the bus is dead, at or above it

    wire overvoltage_counts = !overvoltage && bus_voltage > overvoltage_limit;
    wire overvoltage_acts   = ms_tick && overvoltage_counts;

    wire dead_counts = (bus_voltage < dead_limit) != bus_dead;
    wire dead_acts   = ms_tick && dead_counts && dead_ms == (bus_dead ? BUS_BACK_MS : BUS_DEAD_MS) - 16'd1;
    wire bus_dies    = dead_acts && !bus_dead;
    wire bus_returns = dead_acts && bus_dead;

    always @(posedge clk)
        if (rst) begin
            bus_voltage <= 16'd0;
            {overvoltage_limit, dead_limit} <= FLIGHT_BUS_LIMITS_RESET;
        end else begin
            if (write_bus) bus_voltage <= reg_wdata[31:16];
            if (write_bus_limits) {overvoltage_limit, dead_limit} <= reg_wdata;
        end

    always @(posedge clk)
        if (rst || bus_dies || (write_switches && reg_wdata[6])) overvoltage <= 1'b0;
        else if (overvoltage_acts) overvoltage <= 1'b1;

    always @(posedge clk)
        if (rst) begin
            bus_dead <= 1'b0;
            dead_ms  <= 16'd0;
        end else if (ms_tick) begin
            bus_dead <= bus_dead ^ dead_acts;
            dead_ms  <= dead_counts && !dead_acts ? dead_ms + 16'd1 : 16'd0;
        end

    // ------------------------------------------------------------------ watchdog and the flight computer's feed
    reg        computer_on;
    reg [9:0]  off_ms;
    reg [15:0] watchdog_ms;
    reg [15:0] watchdog;
    reg [7:0]  boot_cause;
    reg [7:0]  watchdog_resets;

    wire watching         = computer_on && watchdog_ms != 16'd0;
    wire watchdog_acts    = ms_tick && watching && watchdog <= 16'd1 && !bus_dies;
    wire off_time_counts  = ms_tick && !computer_on && !bus_dead && !bus_dies;
    wire computer_returns = (off_time_counts && off_ms == 10'd1) || bus_returns;
    wire computer_stops   = watchdog_acts || bus_dies;

    always @(posedge clk)
        if (rst) begin
            computer_on     <= 1'b1;
            off_ms          <= 10'd0;
            boot_cause      <= 8'd0;
            watchdog_resets <= 8'd0;
        end else begin
            if (computer_stops) begin
                computer_on <= 1'b0;
                boot_cause  <= bus_dies ? DEAD_BUS_BOOT : WATCHDOG_BOOT;
            end else if (computer_returns)
                computer_on <= 1'b1;
            if (watchdog_acts) begin
                off_ms          <= COMPUTER_OFF_MS;
                watchdog_resets <= watchdog_resets + 8'd1;
            end else if (off_time_counts)
                off_ms <= off_ms - 10'd1;
        end

    always @(posedge clk)
        if (rst) begin
            watchdog_ms <= FLIGHT_WATCHDOG_MS_RESET[15:0];
            watchdog    <= FLIGHT_WATCHDOG_MS_RESET[15:0];
        end else if (write_watchdog_ms) begin
            watchdog_ms <= reg_wdata[15:0];
            watchdog    <= reg_wdata[15:0];
        end else if ((write_kick && computer_on) || computer_returns)
            watchdog <= watchdog_ms;
        else if (computer_stops)
            watchdog <= 16'd0;
        else if (ms_tick && watching)
            watchdog <= watchdog - {6'd0, ms_count};

    // ------------------------------------------------------------------ switches
    reg [7:0] string_enable;
    reg       charge;
    reg       battery_heater;
    reg       coolant_heater;
    reg [1:0] packs;

    always @(posedge clk)
        if (rst || computer_stops) begin
            string_enable  <= 8'hFF;
            charge         <= 1'b1;
            battery_heater <= 1'b0;
            coolant_heater <= 1'b0;
            packs          <= 2'd3;
        end else begin
            if (write_string_enable) string_enable <= reg_wdata[7:0];
            if (write_switches) {packs, coolant_heater, battery_heater, charge} <= {reg_wdata[5:4], reg_wdata[2:0]};
        end

    // ------------------------------------------------------------------ limiters; 7 feeds attitude control: only a dead bus drops it
    wire [7:0]  enabled;
    wire [7:0]  tripped;
    wire [7:0]  on;
    wire [31:0] trips;
    wire [7:0]  trips_now;
    wire [7:0]  retries_now;
    wire [7:0]  calm;
    wire        drop_loads = uvlo_enters || watchdog_acts;

    genvar i;
    generate
        for (i = 0; i < 8; i = i + 1) begin : limiter
            localparam [12:0] CONFIGURATION = FLIGHT_LCL0 + 13'd4 * i;
            localparam [12:0] LOAD          = STIMULUS_LOAD_0_1 + 13'd4 * (i / 2);
            localparam        LAST          = i == 7;

            current_limiter #(.RESET_ENABLE(LAST)) feed (
                .clk(clk), .rst(rst),
                .arm((write_lcl_enable && reg_wdata[i]) || (bus_returns && LAST)), .disarm(write_lcl_enable && !reg_wdata[i]),
                .configure(write_flight && reg_address == CONFIGURATION),
                .new_limit(reg_wdata[15:0]), .new_trip_ms(reg_wdata[23:16]), .new_retries(reg_wdata[25:24]),
                .measure(write_stimulus && reg_address == LOAD),
                .new_current(i % 2 == 0 ? reg_wdata[31:16] : reg_wdata[15:0]),
                .ms_tick(ms_tick), .locked_out(uvlo && !LAST), .drop((drop_loads && !LAST) || bus_dies),
                .enabled(enabled[i]), .tripped(tripped[i]), .on(on[i]), .trips(trips[4*i +: 4]),
                .trips_now(trips_now[i]), .retries_now(retries_now[i]), .calm(calm[i])
            );
        end
    endgenerate

    // ------------------------------------------------------------------ the most milliseconds of the next tick
    // Whatever counts takes them one by one; the watchdog may lose many, but its last one alone.
    wire quiet = (&calm) && !uvlo_counts && uvlo_ms == 10'd0 && !overcharge_counts && overcharge_ms == 7'd0
                 && !overvoltage_counts && !dead_counts && dead_ms == 16'd0 && (computer_on || bus_dead);

    always @* begin
        if (!quiet || (watching && watchdog <= 16'd1)) ms_batch = 10'd1;
        else if (!watching || watchdog > LONGEST_BATCH) ms_batch = LONGEST_BATCH[9:0];
        else ms_batch = watchdog[9:0] - 10'd1;
    end

    // ------------------------------------------------------------------ what stops a grant
    reg [8:0] stop_cause;

    assign stop = stop_cause != 9'd0;

    always @(posedge clk)
        if (rst) stop_cause <= 9'd0;
        else if (write_stop_cause) stop_cause <= reg_wdata[8:0];
        else if (ms_tick)
            stop_cause <= stop_cause | {bus_dies, overvoltage_acts, computer_returns, watchdog_acts, overcharge_acts,
                                        uvlo_exits, uvlo_enters, |retries_now, |trips_now};

    // ------------------------------------------------------------------ every word written, kept for reading back
    // Words that the board changes by itself are answered from their registers instead.
    reg [31:0] written [0:63];
    reg [31:0] written_word;
    reg [6:0]  clear;                  // counts through the RAM after reset; 64: done
    reg [31:0] clear_word;
    reg [31:0] defined_bits;

    wire clearing = !clear[6];
    assign core_busy = clearing;

    always @* begin
        if ({5'd0, clear[5:0], 2'd0} >= FLIGHT_LCL0) clear_word = FLIGHT_LCL0_RESET;
        else if ({5'd0, clear[5:0], 2'd0} == FLIGHT_OVERCHARGE) clear_word = FLIGHT_OVERCHARGE_RESET;
        else if ({5'd0, clear[5:0], 2'd0} == FLIGHT_BUS_LIMITS) clear_word = FLIGHT_BUS_LIMITS_RESET;
        else clear_word = 32'd0;
    end

    always @* begin
        if (reg_address >= FLIGHT_LCL0) defined_bits = FLIGHT_LCL0_MASK;
        else if (reg_address == FLIGHT_OVERCHARGE) defined_bits = FLIGHT_OVERCHARGE_MASK;
        else defined_bits = 32'hFFFFFFFF;
    end

    always @(posedge clk)
        if (rst) clear <= 7'd0;
        else if (clearing) clear <= clear + 7'd1;

    always @(posedge clk)
        if (clearing || reg_write)
            written[clearing ? clear[5:0] : reg_address[7:2]] <= clearing ? clear_word : reg_wdata & defined_bits;

    always @(posedge clk)
        if (reg_read) written_word <= written[reg_address[7:2]];

    // ------------------------------------------------------------------ reads
    reg [31:0] own_word;
    reg        own;

    assign reg_rdata = own ? own_word : written_word;

    always @(posedge clk) reg_valid <= reg_read && !rst;

    always @(posedge clk)
        if (reg_read) begin
            own <= 1'b1;
            if (reg_stimulus)
                case (reg_address)
                    STIMULUS_ACTUATORS:  own_word <= {10'd0, packs, computer_on, coolant_heater, battery_heater,
                                                      charge && !overcharged, string_enable & {8{!overvoltage}}, on};
                    STIMULUS_BOOT:       own_word <= {16'd0, watchdog_resets, boot_cause};
                    STIMULUS_STOP_CAUSE: own_word <= {23'd0, stop_cause};
                    default: own <= 1'b0;
                endcase
            else
                case (reg_address)
                    FLIGHT_STATUS:        own_word <= {8'd0, watchdog_resets, boot_cause, 4'd0,
                                                       bus_dead, overvoltage, overcharged, uvlo};
                    FLIGHT_LCL_STATUS:    own_word <= {16'd0, tripped, on};
                    FLIGHT_LCL_TRIPS:     own_word <= trips;
                    FLIGHT_LCL_ENABLE:    own_word <= {24'd0, enabled};
                    FLIGHT_STRING_ENABLE: own_word <= {24'd0, string_enable};
                    FLIGHT_SWITCHES:      own_word <= {26'd0, packs, 1'b0, coolant_heater, battery_heater, charge};
                    FLIGHT_WATCHDOG_KICK: own_word <= {16'd0, watchdog};
                    FLIGHT_WATCHDOG_MS:   own_word <= {16'd0, watchdog_ms};
                    default: own <= 1'b0;
                endcase
        end

    // ------------------------------------------------------------------ refuse frames
    assign fifo_answer = 2'd2;

    always @(posedge clk) fifo_answer_valid <= fifo_check && !rst;

endmodule

`default_nettype wire
