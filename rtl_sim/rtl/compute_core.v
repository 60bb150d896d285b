// SPDX-License-Identifier: Apache-2.0
// The compute board's own behaviour: sixteen nodes in block RAM, one node a clock (boards/README.md section 4).
// A tick takes one sweep over the nodes, whatever number of milliseconds it stands for.
`default_nettype none

module compute_core (
    input  wire        clk,
    input  wire        rst,

    // registers
    input  wire        reg_stimulus,
    input  wire [12:0] reg_address,
    input  wire        reg_read,
    output reg         reg_valid,
    output reg  [31:0] reg_rdata,
    input  wire        reg_write,
    input  wire [31:0] reg_wdata,

    // time
    input  wire        ms_tick,
    input  wire [9:0]  ms_count,
    /* verilator lint_off UNUSEDSIGNAL */
    input  wire [31:0] ms_start,
    /* verilator lint_on UNUSEDSIGNAL */
    output wire [9:0]  ms_batch,
    output wire        core_busy,
    output wire        stop,
    output reg         powered,

    // no TX FIFO here
    input  wire        fifo_check,
    output reg         fifo_answer_valid,
    output wire [1:0]  fifo_answer,
    /* verilator lint_off UNUSEDSIGNAL */
    input  wire        fifo_write
    /* verilator lint_on UNUSEDSIGNAL */
);

    `include "compute.vh"

    localparam [1:0]  ON             = 2'd2;
    localparam [9:0]  LONGEST_BATCH  = 10'd1023;
    localparam [27:0] CHALLENGE_STEP = 28'h3C6EF35;

    assign stop = 1'b0;

    // ------------------------------------------------------------------ registers written by the two ports
    wire write_flight   = reg_write && !reg_stimulus;
    wire write_stimulus = reg_write && reg_stimulus;
    wire write_powered  = write_stimulus && reg_address == STIMULUS_POWERED;
    wire power_off      = write_powered && !reg_wdata[0];

    reg [15:0] node_enable;
    reg [63:0] command_steps;
    reg [31:0] challenge;
    reg [7:0]  ramp_ms;
    reg [7:0]  trip_temperature;

    always @(posedge clk)
        if (rst || power_off) begin
            node_enable      <= 16'd0;
            command_steps    <= 64'd0;
            challenge        <= 32'd0;
            ramp_ms          <= FLIGHT_RAMP_RESET[7:0];
            trip_temperature <= FLIGHT_TRIP_TEMPERATURE_RESET[7:0];
        end else if (write_flight)
            case (reg_address)
                FLIGHT_NODE_ENABLE:        node_enable          <= reg_wdata[15:0];
                FLIGHT_COMMAND_STEPS_LOW:  command_steps[31:0]  <= reg_wdata;
                FLIGHT_COMMAND_STEPS_HIGH: command_steps[63:32] <= reg_wdata;
                FLIGHT_CHALLENGE:          challenge            <= reg_wdata;
                FLIGHT_RAMP:               ramp_ms              <= reg_wdata[7:0];
                FLIGHT_TRIP_TEMPERATURE:   trip_temperature     <= reg_wdata[7:0];
                default: ;
            endcase

    reg [1:0]  rack_power;
    reg [15:0] hang;
    reg [15:0] corrupt;
    reg [15:0] unlock;
    reg [19:0] boot_ms;

    always @(posedge clk)
        if (rst) begin
            powered    <= 1'b0;
            rack_power <= 2'd0;
            hang       <= 16'd0;
            corrupt    <= 16'd0;
            unlock     <= 16'd0;
            boot_ms    <= STIMULUS_BOOT_MS_RESET[19:0];
        end else if (write_stimulus)
            case (reg_address)
                STIMULUS_POWERED:    powered    <= reg_wdata[0];
                STIMULUS_RACK_POWER: rack_power <= reg_wdata[1:0];
                STIMULUS_HANG:       hang       <= reg_wdata[15:0];
                STIMULUS_CORRUPT:    corrupt    <= reg_wdata[15:0];
                STIMULUS_UNLOCK:     unlock     <= reg_wdata[15:0];
                STIMULUS_BOOT_MS:    boot_ms    <= reg_wdata[19:0];
                default: ;
            endcase

    // ------------------------------------------------------------------ the sweep: what happens when
    // slot n fetches node n and its temperature, slot n + 1 steps it, slot n + 2 adds its work up.
    localparam [1:0] IDLE       = 2'd0;
    localparam [1:0] SWEEP      = 2'd1;
    localparam [1:0] CLEAR      = 2'd2; // node and work RAM, at loss of power
    localparam [1:0] CLEAR_ALL  = 2'd3; // the sensor words too, after reset
    localparam [4:0] LAST_NODE  = 5'd15;
    localparam [4:0] LAST_SLOT  = 5'd17;

    reg [1:0] phase;
    reg [4:0] slot;
    reg [9:0] batch;

    wire sweeping = phase == SWEEP;
    wire clearing = phase == CLEAR || phase == CLEAR_ALL;
    wire fetch    = sweeping && slot <= LAST_NODE;
    wire last     = slot == (sweeping ? LAST_SLOT : LAST_NODE);

    assign core_busy = phase != IDLE;

    always @(posedge clk)
        if (rst) begin
            phase <= CLEAR_ALL;
            slot  <= 5'd0;
        end else if (core_busy) begin
            slot <= last ? 5'd0 : slot + 5'd1;
            if (last) phase <= IDLE;
        end else if (power_off)
            phase <= CLEAR;
        else if (ms_tick && powered) begin
            phase <= SWEEP;
            batch <= ms_count;
        end

    reg       steps_node;              // slot n + 1
    reg [3:0] node;

    always @(posedge clk) begin
        steps_node <= fetch;
        if (fetch) node <= slot[3:0];
    end

    // ------------------------------------------------------------------ sensor words: errors, coolant, temperatures
    localparam [3:0] TEMPERATURES = STIMULUS_TEMPERATURE_0_3[5:2] - STIMULUS_MEMORY_ERRORS[5:2];

    reg [31:0] sensors [0:15];
    reg [31:0] sensor_word;

    wire [3:0] sensor_index = reg_address[5:2]
                              - (reg_stimulus ? STIMULUS_MEMORY_ERRORS[5:2] : FLIGHT_MEMORY_ERRORS[5:2]);
    wire       sensor_write = write_stimulus && reg_address >= STIMULUS_MEMORY_ERRORS;

    always @(posedge clk)
        if (phase == CLEAR_ALL || sensor_write)
            sensors[phase == CLEAR_ALL ? slot[3:0] : sensor_index] <= phase == CLEAR_ALL ? 32'd0 : reg_wdata;

    always @(posedge clk)
        if (fetch || reg_read)
            sensor_word <= sensors[fetch ? TEMPERATURES + {2'd0, slot[3:2]} : sensor_index];

    reg [7:0] temperature;

    always @*
        case (node[1:0])
            2'd0: temperature = sensor_word[31:24];
            2'd1: temperature = sensor_word[23:16];
            2'd2: temperature = sensor_word[15:8];
            default: temperature = sensor_word[7:0];
        endcase

    // ------------------------------------------------------------------ the nodes
    reg [37:0] nodes [0:15];
    reg [37:0] node_word;

    wire        tripped, next_tripped;
    wire [1:0]  state, next_state;
    wire [3:0]  step, next_step;
    wire [19:0] timer, next_timer;
    wire [10:0] beat, next_beat;
    wire        works;
    wire [9:0]  next_batch;

    assign {tripped, state, step, timer, beat} = node_word;

    compute_node millisecond (
        .tripped(tripped), .state(state), .step(step), .timer(timer), .beat(beat),
        .enable(node_enable[node]), .rack_power(rack_power[node[3]]), .hot(temperature > trip_temperature),
        .hang(hang[node]), .command_step(command_steps[{node, 2'd0} +: 4] | {4{unlock[node]}}),
        .ramp_ms(ramp_ms), .boot_ms(boot_ms), .batch(batch),
        .next_tripped(next_tripped), .next_state(next_state), .next_step(next_step), .next_timer(next_timer),
        .next_beat(next_beat), .works(works), .next_batch(next_batch)
    );

    always @(posedge clk)
        if (fetch) node_word <= nodes[slot[3:0]];

    always @(posedge clk)
        if (clearing || steps_node)
            nodes[clearing ? slot[3:0] : node] <=
                clearing ? 38'd0 : {next_tripped, next_state, next_step, next_timer, next_beat};

    // ------------------------------------------------------------------ the most milliseconds of the next tick
    reg [9:0] quiet_ms;

    assign ms_batch = powered ? quiet_ms : LONGEST_BATCH;

    always @(posedge clk)
        if (rst || reg_write) quiet_ms <= 10'd1;
        else if (ms_tick) quiet_ms <= LONGEST_BATCH;
        else if (steps_node && next_batch < quiet_ms) quiet_ms <= next_batch;

    // ------------------------------------------------------------------ what the ports see of the nodes, shifted in by the sweep
    reg [31:0] node_states;
    reg [63:0] node_steps;
    reg [31:0] heartbeats;
    reg [15:0] tripped_nodes;

    always @(posedge clk)
        if (rst || power_off) begin
            node_states   <= 32'd0;
            node_steps    <= 64'd0;
            heartbeats    <= 32'd0;
            tripped_nodes <= 16'd0;
        end else if (steps_node) begin
            node_states   <= {next_state, node_states[31:2]};
            node_steps    <= {next_step, node_steps[63:4]};
            heartbeats    <= {next_beat[10:9], heartbeats[31:2]};
            tripped_nodes <= {next_tripped, tripped_nodes[15:1]};
        end

    // ------------------------------------------------------------------ work
    wire [31:0] work_word;
    wire [63:0] total_work;

    compute_work work (
        .clk(clk), .reset_total(rst || power_off), .clear(clearing), .clear_node(slot[3:0]),
        .add(steps_node), .add_node(node), .works(works), .step(step), .batch(batch),
        .read(reg_read), .read_node(reg_address[5:2] - FLIGHT_WORK0[5:2]),
        .read_word(work_word), .total(total_work)
    );

    // ------------------------------------------------------------------ challenge and response, after all nodes
    wire [3:0]  asked  = challenge[31:28];
    wire [27:0] nonce  = challenge[27:0];
    wire [27:0] answer = {nonce[25:0], 2'd0} + nonce + CHALLENGE_STEP;

    reg [31:0] response;

    always @(posedge clk)
        if (rst || power_off) response <= 32'd0;
        else if (sweeping && last)
            response <= node_states[{asked, 1'b0} +: 2] == ON ? {asked, answer ^ {27'd0, corrupt[asked]}} : 32'd0;

    // ------------------------------------------------------------------ reads: a RAM's word or a register, one clock later
    localparam [1:0] REGISTER = 2'd0;
    localparam [1:0] SENSOR   = 2'd1;
    localparam [1:0] WORK     = 2'd2;

    reg        reading;
    reg [1:0]  source;
    reg [31:0] own_word;

    always @(posedge clk) begin
        reading   <= reg_read && !rst;
        reg_valid <= reading && !rst;
        if (reading)
            case (source)
                SENSOR:  reg_rdata <= sensor_word;
                WORK:    reg_rdata <= work_word;
                default: reg_rdata <= own_word;
            endcase
    end

    always @(posedge clk)
        if (reg_read) begin
            source   <= REGISTER;
            own_word <= 32'd0;
            if (reg_stimulus)
                case (reg_address)
                    STIMULUS_NODE_STATE: own_word <= node_states;
                    STIMULUS_STEPS_LOW:  own_word <= node_steps[31:0];
                    STIMULUS_STEPS_HIGH: own_word <= node_steps[63:32];
                    STIMULUS_WORK_HIGH:  own_word <= total_work[63:32];
                    STIMULUS_WORK_LOW:   own_word <= total_work[31:0];
                    STIMULUS_POWERED:    own_word <= {31'd0, powered};
                    STIMULUS_RACK_POWER: own_word <= {30'd0, rack_power};
                    STIMULUS_HANG:       own_word <= {16'd0, hang};
                    STIMULUS_CORRUPT:    own_word <= {16'd0, corrupt};
                    STIMULUS_UNLOCK:     own_word <= {16'd0, unlock};
                    STIMULUS_BOOT_MS:    own_word <= {12'd0, boot_ms};
                    default: source <= SENSOR;
                endcase
            else
                case (reg_address)
                    FLIGHT_NODE_STATE:         own_word <= node_states;
                    FLIGHT_STEPS_LOW:          own_word <= node_steps[31:0];
                    FLIGHT_STEPS_HIGH:         own_word <= node_steps[63:32];
                    FLIGHT_HEARTBEATS:         own_word <= heartbeats;
                    FLIGHT_TRIPPED:            own_word <= {16'd0, tripped_nodes};
                    FLIGHT_RESPONSE:           own_word <= response;
                    FLIGHT_WORK_HIGH:          own_word <= total_work[63:32];
                    FLIGHT_WORK_LOW:           own_word <= total_work[31:0];
                    FLIGHT_NODE_ENABLE:        own_word <= {16'd0, node_enable};
                    FLIGHT_COMMAND_STEPS_LOW:  own_word <= command_steps[31:0];
                    FLIGHT_COMMAND_STEPS_HIGH: own_word <= command_steps[63:32];
                    FLIGHT_CHALLENGE:          own_word <= challenge;
                    FLIGHT_RAMP:               own_word <= {24'd0, ramp_ms};
                    FLIGHT_TRIP_TEMPERATURE:   own_word <= {24'd0, trip_temperature};
                    default: source <= reg_address >= FLIGHT_WORK0 ? WORK : SENSOR;
                endcase
        end

    // ------------------------------------------------------------------ refuse frames
    assign fifo_answer = 2'd2;

    always @(posedge clk) fifo_answer_valid <= fifo_check && !rst;

endmodule

`default_nettype wire
