// SPDX-License-Identifier: Apache-2.0
// Board time: counts the milliseconds that a write to TIME_TARGET grants, as fast as the core takes them.
`default_nettype none

module timebase (
    input  wire        clk,
    input  wire        rst,

    // TIME_TARGET written: one pulse with its value
    input  wire        grant,
    input  wire [31:0] target,
    output wire        granting,         // until the last granted millisecond has been handed to the core

    output reg  [31:0] time_now,

    // milliseconds for the core: one pulse for a batch
    output wire        ms_tick,
    output wire [9:0]  ms_count,
    output wire [31:0] ms_start,         // TIME_NOW at the batch's start, until the next batch
    input  wire [9:0]  ms_batch,         // the most it takes at once
    input  wire        core_busy,
    input  wire        stop              // no further millisecond
);
    reg [31:0] left;             // milliseconds still to live
    reg [31:0] last_start;

    wire [31:0] ahead = target - time_now;

    assign granting = left != 32'd0;
    assign ms_tick = granting && !core_busy && !stop;
    assign ms_count = left[31:10] != 22'd0 || left[9:0] > ms_batch ? ms_batch : left[9:0];
    assign ms_start = ms_tick ? time_now : last_start;

    always @(posedge clk)
        if (rst) begin
            left <= 32'd0;
            time_now <= 32'd0;
        end else if (grant) begin
            if (!ahead[31]) left <= ahead;
        end else if (ms_tick) begin
            left <= left - {22'd0, ms_count};
            time_now <= time_now + {22'd0, ms_count};
            last_start <= time_now;
        end else if (granting && !core_busy) left <= 32'd0;         // the core has stopped short
endmodule

`default_nettype wire
