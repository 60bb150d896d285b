// SPDX-License-Identifier: Apache-2.0
// What one compute node does in a batch of milliseconds, of which only the last may change its state or step
// (boards/README.md section 4). Combinational.
`default_nettype none

module compute_node (
    // the node, from its RAM
    input  wire        tripped,
    input  wire [1:0]  state,
    input  wire [3:0]  step,
    input  wire [19:0] timer,          // BOOT: boot; ON: ramp
    input  wire [10:0] beat,

    // its surroundings
    input  wire        enable,
    input  wire        rack_power,
    input  wire        hot,            // above the trip temperature
    input  wire        hang,
    input  wire [3:0]  command_step,
    input  wire [7:0]  ramp_ms,
    input  wire [19:0] boot_ms,
    input  wire [9:0]  batch,

    // the node after the batch
    output wire        next_tripped,
    output reg  [1:0]  next_state,
    output reg  [3:0]  next_step,
    output reg  [19:0] next_timer,
    output reg  [10:0] next_beat,
    output wire        works,          // at `step`, in every millisecond of the batch
    output reg  [9:0]  next_batch      // the most milliseconds before its next change
);

    localparam [1:0] OFF  = 2'd0;
    localparam [1:0] BOOT = 2'd1;
    localparam [1:0] ON   = 2'd2;
    localparam [1:0] HUNG = 2'd3;

    localparam [9:0] LONGEST_BATCH = 10'd1023;

    assign next_tripped = (tripped && enable) || (state != OFF && hot);

    wire held_off = !enable || !rack_power || next_tripped;
    wire expires  = timer <= {10'd0, batch};
    wire moves    = step != command_step;

    assign works = state == ON && !held_off;

    always @* begin
        next_state = state;
        next_step  = step;
        next_timer = timer;
        next_beat  = beat;
        if (held_off) begin
            next_state = OFF;
            next_step  = 4'd0;
            next_timer = 20'd0;
            next_beat  = 11'd0;
        end else
            case (state)
                OFF: begin
                    next_state = BOOT;
                    next_timer = boot_ms;
                end
                BOOT:
                    if (expires) begin
                        next_state = ON;
                        next_step  = 4'd0;
                        next_timer = {12'd0, ramp_ms};
                        next_beat  = 11'd0;
                    end else
                        next_timer = timer - {10'd0, batch};
                ON: begin
                    next_beat = beat + {1'b0, batch};
                    if (!moves || expires) next_timer = {12'd0, ramp_ms};
                    else next_timer = timer - {10'd0, batch};
                    if (moves && expires) next_step = step < command_step ? step + 4'd1 : step - 4'd1;
                    if (hang) next_state = HUNG;
                end
                default: ;             // HUNG changes nothing by itself
            endcase
    end

    // A change of state may bring another one a millisecond later; after that only boot and ramp count.
    wire waits = next_state == BOOT || (next_state == ON && next_step != command_step);

    always @* begin
        if (next_state != state) next_batch = 10'd1;
        else if (!waits || next_timer > {10'd0, LONGEST_BATCH}) next_batch = LONGEST_BATCH;
        else if (next_timer == 20'd0) next_batch = 10'd1;
        else next_batch = next_timer[9:0];
    end

endmodule

`default_nettype wire
